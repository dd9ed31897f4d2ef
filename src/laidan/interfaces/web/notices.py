"""Short messages about what was done, with or without the page's script."""

from __future__ import annotations

import json
from typing import NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

_LEVELS = {
    "success": messages.SUCCESS,
    "info": messages.INFO,
    "warning": messages.WARNING,
    "danger": messages.ERROR,
}


class Notice(NamedTuple):
    """A message and its level: success, info, warning, danger; `undo` names what takes it back."""

    level: str
    text: str
    undo: str = ""


def notify(response: HttpResponse, notice: Notice, **triggers: object) -> HttpResponse:
    """Let the page's script show a notice (and fire further events) with this answer."""
    said = {name: value for name, value in notice._asdict().items() if name != "undo" or value}
    told = {"notice": said, **triggers}
    # Headers are Latin-1: everything beyond ASCII travels escaped.
    response["HX-Trigger"] = json.dumps(told, ensure_ascii=True)
    return response


def keep(request: HttpRequest, notice: Notice) -> None:
    """Keep a notice for the next page."""
    messages.add_message(request, _LEVELS[notice.level], notice.text, extra_tags=notice.level)
