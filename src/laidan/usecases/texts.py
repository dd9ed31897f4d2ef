"""What is wrong with texts that people and programs send as codes, names and notes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from laidan.kernel.outcome import Fault

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROL_IN_NOTE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def name_faults(text: str, loc: str) -> Iterator[Fault]:
    """Yield what is wrong with a code or a name."""
    if not text or text != text.strip():
        yield Fault(loc, "must not be empty, nor begin or end with a blank")
    elif _CONTROL.search(text):
        yield Fault(loc, "holds a control character")


def note_faults(text: str, loc: str) -> Iterator[Fault]:
    """Yield what is wrong with a text that may be empty and have several lines."""
    if _CONTROL_IN_NOTE.search(text):
        yield Fault(loc, "holds a control character")
