"""How the tasks of this process's loops are: kept in memory, written down once a minute."""

from __future__ import annotations

import os
import socket
import threading
from datetime import datetime

from laidan.domain.schedules.store import Note
from laidan.usecases.run_schedules import note_tasks

NOTES_SECONDS = 60.0
_MESSAGE_CHARS = 300
_lock = threading.Lock()
_kept: dict[str, Note] = {}


def went_well(name: str, every_seconds: float, done: int, now: datetime) -> None:
    """Take note that a task did its step; what it did adds up until it is written down."""
    with _lock:
        kept = _kept.get(name) or _fresh(name, every_seconds)
        _kept[name] = kept._replace(ok_at=now, done=kept.done + done)


def went_wrong(name: str, every_seconds: float, error: Exception, now: datetime) -> None:
    """Take note that a task failed, and why."""
    with _lock:
        kept = _kept.get(name) or _fresh(name, every_seconds)
        message = f"{type(error).__name__}: {error}"[:_MESSAGE_CHARS]
        _kept[name] = kept._replace(failed_at=now, message=message)


def write_notes(_: datetime) -> int:
    """Write down what was noted since the last time; what cannot be written is kept."""
    with _lock:
        taken = dict(_kept)
        _kept.clear()
    try:
        return note_tasks(list(taken.values()))
    except Exception:
        with _lock:
            for name, note in taken.items():
                _kept.setdefault(name, note)
        raise


def _fresh(name: str, every_seconds: float) -> Note:
    return Note(name, every_seconds, None, 0, None, "", f"{socket.gethostname()}:{os.getpid()}")
