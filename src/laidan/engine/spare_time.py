"""What a thread can do while it waits for the database: small steps of work that is due anyway."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Step = Callable[[], bool]
"""Does a little work and says True, or says False where there is none."""


class _Spare(threading.local):
    step: Step | None = None


_spare = _Spare()


@contextmanager
def used_for(step: Step) -> Iterator[None]:
    """Take steps of this work whenever this thread waits inside the block."""
    _spare.step = step
    try:
        yield
    finally:
        _spare.step = None


def is_used() -> bool:
    """Say whether this thread has anything that it could do."""
    return _spare.step is not None


def spend() -> bool:
    """Do one step of what there is to do; False where there is nothing."""
    step = _spare.step
    return step is not None and step()
