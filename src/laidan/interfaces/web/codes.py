"""Codes for scanners, drawn as plain SVG rectangles: QR and Code 128."""

from __future__ import annotations

import segno
from barcode.codex import Code128
from barcode.errors import BarcodeError
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

QUIET = 10
"""Empty modules that Code 128 needs on either side."""


def qr(text: str, label: str) -> SafeString:
    """Return a QR code of a text."""
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=2)]
    path = "".join(
        f"M{start} {y}h{length}v1h-{length}z"
        for y, row in enumerate(rows)
        for start, length in _runs("".join("1" if dark else "0" for dark in row))
    )
    return _svg("code-qr", len(rows[0]), len(rows), path, label)


def code128(text: str, label: str) -> SafeString:
    """Return the bars of a text in Code 128, nothing where it cannot be written so."""
    try:
        (line,) = Code128(text).build()
    except (BarcodeError, KeyError):
        return SafeString("")
    bars = "0" * QUIET + line + "0" * QUIET
    path = "".join(f"M{start} 0h{length}v30h-{length}z" for start, length in _runs(bars))
    return _svg("code-128", len(bars), 30, path, label)


def _runs(line: str) -> list[tuple[int, int]]:
    """Return where dark modules begin, and how many follow each other."""
    found: list[tuple[int, int]] = []
    start = -1
    for place, module in enumerate(f"{line}0"):
        if module == "1" and start < 0:
            start = place
        elif module != "1" and start >= 0:
            found.append((start, place - start))
            start = -1
    return found


def _svg(name: str, width: int, height: int, path: str, label: str) -> SafeString:
    stretch = mark_safe(' preserveAspectRatio="none"') if name == "code-128" else ""
    return format_html(
        '<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}" shape-rendering="crispEdges"'
        '{}><path d="{}"/></svg>',
        name, width, height, label, stretch, path,
    )  # fmt: skip
