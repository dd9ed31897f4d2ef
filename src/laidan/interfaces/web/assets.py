"""The bundled style sheet, script and icons under their hashed names."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.templatetags.static import static

_MANIFEST = Path(__file__).parent / "static" / "web" / "manifest.json"


class NotBuiltError(RuntimeError):
    """The pages' bundle is missing."""


@cache
def _names() -> dict[str, str]:
    try:
        names: dict[str, str] = json.loads(_MANIFEST.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotBuiltError("The pages are not built; run: make setup") from error
    return names


@cache
def address(name: str) -> str:
    """Return the address of a bundled file by its plain name ("app.css")."""
    return static(f"web/{_names()[name]}")
