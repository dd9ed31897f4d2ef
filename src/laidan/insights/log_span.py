"""Spans of time-ordered ids, read from the newer or the older end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"
FIRST_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Span:
    """Ids from `begin` to before `end`, read from one end, at most `limit` of them."""

    begin: str
    end: str
    limit: int
    newest_first: bool = True

    @property
    def far(self) -> str:
        """The end that reading comes to last."""
        return self.begin if self.newest_first else self.end

    def nearer(self, edges: Iterable[str]) -> str:
        """Return the edge that reading meets first."""
        return max(edges) if self.newest_first else min(edges)

    def up_to(self, edge: str) -> Span:
        """Return the part of it up to an edge, the edge within."""
        if self.newest_first:
            return replace(self, begin=edge)
        return replace(self, end=next_id(edge)) if edge < self.end else self


def next_id(id_: str) -> str:
    """Return the id that follows at once.

    >>> next_id("00000000-0000-0000-0000-0000000000ff")
    '00000000-0000-0000-0000-000000000100'
    """
    return str(UUID(int=min(UUID(id_).int, UUID(LAST_ID).int - 1) + 1))
