"""What was typed into a form whose session had ended: kept in the answer, sent again by hand.

Nothing of it is kept on the server. It travels signed, so that nobody else's page can have it sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

FIELD = "kept"
AGE_MAX = 12 * 3600
"""Seconds after which what was typed is not offered any more."""
FIELDS_MAX = 4000
TEXT_MAX = 1_000_000
_SALT = "laidan.web.resending"
_SECRET = frozenset(("csrfmiddlewaretoken", "password", "current", "new", "again", "code", FIELD))


@dataclass(frozen=True, slots=True)
class Typed:
    """Where a form was sent to, what was in it, and whether files were that cannot be kept."""

    address: str
    fields: list[tuple[str, str]]
    had_files: bool

    @property
    def shown(self) -> Iterable[str]:
        """What somebody typed, as far as he would know it again."""
        return [value for _, value in self.fields if " " in value or len(value) > 3][:20]


def keep(request: HttpRequest) -> str:
    """Return what a form holds as a text that a page carries; "" where there is nothing to keep."""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in _SECRET
    ]
    if not fields or len(fields) > FIELDS_MAX:
        return ""
    kept = [request.get_full_path(), fields, bool(request.FILES)]
    text = signing.dumps(kept, salt=_SALT, compress=True)
    return text if len(text) <= TEXT_MAX else ""


def kept(request: HttpRequest) -> str:
    """Return such a text that a form brought along, "" where it is none."""
    text = request.POST.get(FIELD, "")
    return text if read(text) is not None else ""


def read(text: str) -> Typed | None:
    """Return what a text holds; None where it is none or too old."""
    if not text or len(text) > TEXT_MAX:
        return None
    try:
        address, fields, had_files = signing.loads(text, salt=_SALT, max_age=AGE_MAX)
    except signing.BadSignature:
        return None
    return Typed(address, [(name, value) for name, value in fields], had_files)


def offer(request: HttpRequest, typed: Typed, status: int = 200) -> HttpResponse:
    """Answer with what was typed, to be sent now."""
    context = {"typed": typed, "nav": ""}
    return render(request, "web/resend.html", context, status=status)


def is_own(request: HttpRequest) -> bool:
    """Say whether a form came from a page of this very site."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    came = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return urlsplit(came).netloc == request.get_host() and url_has_allowed_host_and_scheme(
        came, {request.get_host()}
    )
