"""Acts on an order that are taken from a list or the board: what the page is answered."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from laidan.interfaces.web import notices
from laidan.interfaces.web.notices import Notice


def is_elsewhere(request: HttpRequest, number: str) -> bool:
    """Say whether the page that asks shows something else than this order."""
    shown = request.headers.get("HX-Current-URL", "")
    return bool(shown) and not urlsplit(shown).path.startswith(reverse("web:order", args=[number]))


def done(notice: Notice) -> HttpResponse:
    """Say what was done; the list or board looks what changed by it."""
    return notices.notify(HttpResponse(status=204), notice, sheetDone=True, ordersChanged=True)


def refused(text: str, status: int) -> HttpResponse:
    """Say why something was not done."""
    response = HttpResponse(status=status)
    response["HX-Reswap"] = "none"
    return notices.notify(response, Notice("warning", text), moveRefused=True)


def form_of(number: str, act: str) -> HttpResponse:
    """Let the page open the form of an act."""
    response = HttpResponse(status=204)
    told = {"openSheet": {"address": reverse("web:act", args=[number, act])}}
    response["HX-Trigger"] = json.dumps(told)
    return response
