"""Time-ordered identifiers (UUIDv7, RFC 9562) as canonical text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NewType, cast

Id = NewType("Id", str)

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
# Entropy is drawn in blocks: one system call for 256 ids costs less than 256 calls.
_BLOCK = 256
_HEX_PER_ID = 15
# The counter (12 bits), then the variant bits of RFC 9562 with 60 bits of entropy to follow.
_COUNTS = [f"{count:03x}-8" for count in range(0x1000)]


class Mint:
    """Mints ids that sort by the instant given and, within one mint, by order of minting.

    The 12 bits after the version count the ids of one mint, the rest is entropy, so that
    equal entropy and equal instants mint equal ids. Where the count overflows, it carries into
    the milliseconds.
    """

    __slots__ = ("_count", "_draw", "_milliseconds", "new")

    new: Callable[[], Id]
    """Returns the next id. Ids are made by dozens for an order: no frame is entered for each."""

    def __init__(self, now: datetime, entropy: Callable[[int], bytes]) -> None:
        self._milliseconds = int(now.timestamp() * 1000)
        self._draw = entropy
        self._count = 0
        self.new = self._ids().__next__

    def _ids(self) -> Iterator[Id]:
        while True:
            yield from cast("list[Id]", self._block())

    def _block(self) -> list[str]:
        entropy = self._draw(_BLOCK * _HEX_PER_ID // 2).hex()
        first = self._count
        self._count += _BLOCK
        # A block never straddles a carry: 4,096 is a multiple of its size.
        stamp = f"{self._milliseconds + (first >> 12):012x}"[-12:]
        prefix = f"{stamp[:8]}-{stamp[8:]}-7"
        counts = _COUNTS[first & 0xFFF : (first & 0xFFF) + _BLOCK]
        return [
            f"{prefix}{count}{entropy[at : at + 3]}-{entropy[at + 3 : at + 15]}"
            for count, at in zip(counts, range(0, _BLOCK * _HEX_PER_ID, _HEX_PER_ID), strict=True)
        ]

    def digits(self, count: int) -> str:
        """Return `count` decimal digits of fresh entropy (at most 18)."""
        return f"{int.from_bytes(self._draw(8), 'big') % 10**count:0{count}d}"


def parse_id(text: str) -> Id | None:
    """Return the canonical form of a UUID's text, or None where it is none."""
    lowered = text.strip().lower()
    if len(lowered) == 32:
        lowered = "-".join(
            (lowered[:8], lowered[8:12], lowered[12:16], lowered[16:20], lowered[20:])
        )
    return Id(lowered) if _CANONICAL.match(lowered) else None
