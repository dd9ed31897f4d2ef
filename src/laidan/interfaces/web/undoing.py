"""Taking back the last act: what would take it back is kept in the session for a while."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from django.http import HttpRequest

from laidan.kernel.outcome import Outcome
from laidan.usecases.act_on_orders import Acted, way_back

_KEY = "undo"


def remember(request: HttpRequest, outcomes: Sequence[Outcome[Acted]]) -> str:
    """Keep what takes back these acts; return the name to ask for it by, "" where nothing does."""
    steps = way_back(outcomes)
    if not steps:
        return ""
    name = secrets.token_hex(8)
    request.session[_KEY] = {"name": name, "steps": steps}
    return name


def take(request: HttpRequest, name: str) -> dict[str, list[str]] | None:
    """Return and forget what takes back the act of this name; None where it is another's or gone."""
    kept = request.session.get(_KEY)
    if not isinstance(kept, dict) or not name or kept.get("name") != name:
        return None
    del request.session[_KEY]
    steps: dict[str, list[str]] = kept["steps"]
    return steps
