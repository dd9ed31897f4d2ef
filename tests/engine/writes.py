"""The simplest command that writes, and threads that each have a connection of their own."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from laidan.engine import bulk_sql
from laidan.engine.models import Setting
from laidan.kernel.outcome import Done, Outcome

PATIENCE = 120.0


@dataclass(frozen=True)
class Write:
    """A request to write a row under a name; `link` ties neighbours together."""

    name: str
    link: str | None = None


def write_all(batch: Sequence[Write]) -> list[Outcome[str]]:
    bulk_sql.insert_rows(Setting, ("name", "value"), [(one.name, "x") for one in batch])
    return [Done(one.name) for one in batch]


def written() -> list[str]:
    return sorted(Setting.objects.values_list("name", flat=True))


def value_of(name: str) -> str:
    return Setting.objects.get(name=name).value


def together(*works: Callable[[], Any]) -> list[Any]:
    """Run works in threads of their own, each with a connection of its own; return results."""
    results: list[Any] = [None] * len(works)

    def act(place: int) -> None:
        try:
            results[place] = works[place]()
        except BaseException as fault:
            results[place] = fault
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(n,), daemon=True) for n in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    return results
