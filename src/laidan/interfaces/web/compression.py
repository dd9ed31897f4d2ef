"""Sends pages compressed to browsers that take it; files and the API's answers go as they are."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressedPages(GZipMiddleware):
    """Middleware that packs HTML alone.

    What a page repeats of its address tells nothing about the form tokens beside it: they are
    masked anew in every answer, and a random number of bytes hides the packed length.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Return the answer, packed where it is a page."""
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        packed: HttpResponseBase = super().process_response(request, response)
        return packed
