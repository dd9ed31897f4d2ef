"""How often something may be asked for in a minute: counted in the process, without a lock."""

from __future__ import annotations

import time
from collections.abc import Callable

MINUTE = 60
_NAMES_MAX = 100_000


class Rate:
    """A limit of so many in each minute of the clock, for each name.

    Each process counts for itself. Threads that count at the same instant may lose one: a limit
    is no account.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.time) -> None:
        self._most = per_minute
        self._clock = clock
        self._minute = 0
        self._counts: dict[str, int] = {}

    def count(self, name: str) -> int:
        """Count one more; return how many seconds to wait where it was too many, else 0."""
        now = self._clock()
        self._turn(int(now // MINUTE))
        count = self._counts.get(name, 0) + 1
        self._counts[name] = count
        return self._left(now) if count > self._most else 0

    def wait(self, name: str) -> int:
        """Return how many seconds to wait where there were too many already; count nothing."""
        now = self._clock()
        self._turn(int(now // MINUTE))
        return self._left(now) if self._counts.get(name, 0) >= self._most else 0

    def _turn(self, minute: int) -> None:
        if minute != self._minute or len(self._counts) > _NAMES_MAX:
            self._minute = minute
            self._counts = {}

    @staticmethod
    def _left(now: float) -> int:
        return MINUTE - int(now % MINUTE)
