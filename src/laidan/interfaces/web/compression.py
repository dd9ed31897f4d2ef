"""Sends pages compressed to browsers that take it; files and the API's answers go as they are."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressedPages(GZipMiddleware):
    """Middleware that packs HTML alone.

    What a page repeats of its address tells nothing about the form tokens beside it: they are
    masked anew in every answer, and a random number of bytes hides the packed length.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer, packed where it is a page."""
        response = cast(HttpResponseBase, self.get_response(request))
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        packed: HttpResponseBase = self.process_response(request, response)
        return packed
