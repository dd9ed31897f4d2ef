"""Remembers that an installation is the demo: begun at an instant, and finished."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from laidan.domain.orders.models import Order
from laidan.engine import unit
from laidan.engine.models import Setting
from laidan.usecases import needing

_NAME = "demo"


class Demo(msgspec.Struct, frozen=True):
    """How the demo was begun; whoever goes on with it must do the same."""

    seed: int
    orders: int
    at: datetime
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """The demo to play; none where the installation is in use by others."""

    demo: Demo | None
    resumed: bool = False


@needing.by_system("laidan demo")
def begin_demo(wished: Demo) -> Begun:
    """Note that the demo begins, unless it did before or there are orders of somebody's own."""

    def work() -> Begun:
        known = Setting.objects.select_for_update().filter(name=_NAME).first()
        if known is not None:
            return Begun(msgspec.json.decode(known.value, type=Demo), resumed=True)
        if Order.objects.exists():
            return Begun(None)
        _write(wished)
        return Begun(wished)

    return unit.run_once(work)


@needing.by_system("laidan demo")
def finish_demo(demo: Demo) -> None:
    """Note that everything of the demo is there."""
    unit.run_once(lambda: _write(msgspec.structs.replace(demo, finished=True)))


def _write(demo: Demo) -> None:
    value = msgspec.json.encode(demo).decode()
    Setting.objects.update_or_create(name=_NAME, defaults={"value": value})
