"""Pages that refresh themselves: the mark of what they show, and "nothing new" where it stands."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse

from laidan.interfaces.web.admission import is_partial


def tag_of(parts: Iterable[object]) -> str:
    """Return the mark of what a page shows: equal parts, equal marks."""
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(repr(part).encode("utf-8", "backslashreplace"))
        digest.update(b"\n")
    return digest.hexdigest()


def unchanged(request: HttpRequest, tag: str) -> HttpResponse | None:
    """Return 304 where the page's script has seen this already.

    The mark travels in the page and not as ETag: a browser that goes back must not be told that
    a page of another language or theme is still right.
    """
    if is_partial(request) and request.headers.get("If-None-Match") == f'"{tag}"':
        return HttpResponse(status=304)
    return None
