"""What tests of schedules share: a clock that they move, a step that counts, a worker's rounds."""

from datetime import datetime, timedelta

from builders import NOON
from laidan.domain.schedules.models import Schedule
from laidan.interfaces.worker.schedules import Runner, Turn
from laidan.kernel.actor import STAFF, Actor
from laidan.usecases import keep_schedules
from laidan.usecases.keep_schedules import KeepSchedule

CHIEF = Actor(STAFF, "chief", frozenset({"*"}))
CLERK = Actor(STAFF, "clerk", frozenset({"orders:read"}))
HOURLY = "0 * * * *"
# NOON is a whole hour everywhere that matters here.
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Clock:
    """Time that tests move."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Counting:
    """A step that counts, and fails while it is told to."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.fault: Exception | None = None

    def __call__(self, turn: Turn) -> int:
        self.turns.append(turn)
        if self.fault is not None:
            raise self.fault
        return 3


def work(runner: Runner, clock: Clock) -> int:
    """Do all that is due; return how many steps that took."""
    count = 0
    while runner.step(clock.now):
        count += 1
    return count


def only() -> Schedule:
    return Schedule.objects.get()


def keep(**wish: object) -> object:
    (outcome,) = keep_schedules.keep_schedules([KeepSchedule(actor=CHIEF, **wish)], now=NOON)
    return outcome
