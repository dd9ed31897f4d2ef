"""Measure the order list and the board on a filled database: `python -m bench.reads`.

The database is that of LAIDAN_DATABASE_URL (see bench.million). Every question is asked with many
different values, as a GET of the API inside this process: key, query, documents and JSON.
"""

import argparse
import gc
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import django

TARGET_MS = 50.0
Question = Callable[[random.Random], Mapping[str, Any]]


@dataclass(frozen=True)
class Sample:
    """Values that occur in the database, to ask for."""

    numbers: list[str]
    external: list[str]
    customers: list[tuple[str, str]]
    skus: list[str]
    shops: list[str]
    now: datetime

    def day(self, chance: random.Random) -> datetime:
        """Return an instant of the year."""
        return self.now - timedelta(days=chance.uniform(0, 360))

    def phone(self, chance: random.Random) -> str:
        """Return somebody's phone."""
        return f"13{chance.randrange(300_000) * 7919 % 10**9:09d}"

    def popular(self, chance: random.Random) -> str:
        """Return a SKU, the oftener the more it is sold."""
        return self.skus[int(len(self.skus) * chance.random() ** 3)]

    def week(self, chance: random.Random) -> dict[str, Any]:
        """Return a span of seven days."""
        at = self.day(chance)
        return {"placed_from": at, "placed_to": at + timedelta(days=7)}


class Figures(NamedTuple):
    """How long a question took in milliseconds, and how many items it was answered with."""

    name: str
    p50: float
    p95: float
    rows: float
    slowest: Mapping[str, Any]


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench.reads", description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=40, help="how often each question is asked")
    parser.add_argument("--limit", type=int, default=50, help="orders a page")
    parser.add_argument("--only", default="", help="questions whose name holds this")
    parser.add_argument("--explain", type=int, default=1, help="plans to show of the slowest")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Ask every question, print the times; 1 when a p95 is over the target."""
    chosen = parse(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laidan.config.settings")
    django.setup()
    get = caller()
    sample = read_sample()
    # As the server does: what is loaded at the start is not looked at again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    found = []
    print(f"{'question':<34}{'p50':>9}{'p95':>9}   items")
    for name, (path, question) in questions(sample).items():
        if chosen.only in name:
            figures = measure(name, chosen, lambda asked, path=path: get(path, asked), question)
            found.append((path, figures))
            print(
                f"{name:<34}{figures.p50:>9.1f}{figures.p95:>9.1f}{figures.rows:>8.0f}", flush=True
            )
    over = [one for _, one in found if one.p95 > TARGET_MS]
    print(f"{len(found) - len(over)} of {len(found)} questions have a p95 under {TARGET_MS:.0f} ms")
    slowest = sorted(found, key=lambda pair: -pair[1].p95)[: chosen.explain]
    for path, figures in slowest:
        explain(figures, lambda path=path, figures=figures: get(path, figures.slowest))
    return 1 if over else 0


def caller() -> Callable[[str, Mapping[str, Any]], int]:
    """Return a function that asks the API and returns how many items came back."""
    from django.conf import settings
    from django.test import Client

    from laidan.domain.access import core as access
    from laidan.kernel.ids import Mint
    from laidan.usecases import grant_access

    settings.ALLOWED_HOSTS = ["testserver"]
    now = datetime.now(UTC)
    token = access.new_token(os.urandom(access.ENTROPY_BYTES))
    wanted = grant_access.NewKey("admin", f"bench {now:%H%M%S}")
    grant_access.add_key(wanted, token, now=now, mint=Mint(now, os.urandom))
    client = Client(headers={"Authorization": f"Bearer {token.text}"})

    def get(path: str, asked: Mapping[str, Any]) -> int:
        answer = client.get(f"/api/v1{path}", asked)
        if answer.status_code != 200:
            raise SystemExit(f"{path} {asked}: {answer.status_code} {answer.content[:300]!r}")
        return len(answer.json().get("items", ()))

    return get


def read_sample() -> Sample:
    """Return values that occur, from all over the database."""
    from laidan.domain.catalog.models import Sku
    from laidan.domain.channels.models import Shop
    from laidan.domain.orders.models import Order
    from laidan.domain.parties.models import Customer

    first, last = (
        Order.objects.order_by(sort).values_list("placed_at", flat=True)[0]
        for sort in ("placed_at", "-placed_at")
    )
    numbers, external = [], []
    chance = random.Random(3)
    for _ in range(50):
        at = first + (last - first) * chance.random()
        for row in Order.objects.filter(placed_at__gte=at).order_by("placed_at")[:40]:
            numbers.append(row.order_no)
            if row.external_no:
                external.append(row.external_no)
    customers = list(
        Customer.objects.exclude(ref=None).order_by("id").values_list("ref", "name")[:2_000]
    )
    skus = list(Sku.objects.order_by("code").values_list("code", flat=True))
    shops = list(Shop.objects.order_by("code").values_list("code", flat=True))
    return Sample(numbers, external, customers, skus, shops, last)


STATES = ("awaiting_payment", "in_review", "open", "completed", "closed", "cancelled")
SORTS = ("placed_at", "-placed_at", "updated_at", "-updated_at", "total", "-total")


def questions(s: Sample) -> dict[str, tuple[str, Question]]:
    """Return every question by name: the path, and the parameters for a random choice."""
    asked: dict[str, tuple[str, Question]] = {
        name: ("/orders", question)
        for name, question in (filters(s) | searches(s) | pairs(s)).items()
    }
    asked["board"] = ("/board", lambda _: {})
    asked["board of a shop"] = ("/board", lambda r: {"shop": r.choice(s.shops)})
    return asked


def filters(s: Sample) -> dict[str, Question]:
    """Return the questions of one filter or sort alone."""
    return {
        "no filter": lambda _: {},
        **{f"sort {sort}": (lambda _, sort=sort: {"sort": sort}) for sort in SORTS},
        "type": lambda r: {"type": r.choice(("retail", "virtual"))},
        "shop": lambda r: {"shop": r.choice(s.shops)},
        **{f"state {state}": (lambda _, state=state: {"state": state}) for state in STATES},
        "category": lambda r: {"category": r.choice(STATES[2:])},
        "customer": lambda r: {"customer": r.choice(s.customers)[0]},
        "phone": lambda r: {"phone": s.phone(r)},
        "phone, last four": lambda r: {"phone": f"{r.randrange(10_000):04d}"},
        "external_no": lambda r: {"external_no": r.choice(s.external)},
        "sku, popular": lambda r: {"sku": s.popular(r)},
        "sku, any": lambda r: {"sku": r.choice(s.skus)},
        "sku, the best seller": lambda _: {"sku": s.skus[0]},
        "tag": lambda r: {"tag": r.choice(("vip", "gift", "urgent"))},
        "placed_from": lambda r: {"placed_from": s.day(r)},
        "placed_to": lambda r: {"placed_to": s.day(r)},
        "placed span": s.week,
        "updated_from": lambda r: {"updated_from": s.day(r)},
        "min_total": lambda r: {"min_total": r.choice((10, 500, 1500, 2000))},
        "max_total": lambda r: {"max_total": r.choice((6, 50, 1000))},
        "late": lambda _: {"late": "true"},
    }


def searches(s: Sample) -> dict[str, Question]:
    """Return the questions of the search."""
    return {
        "q order number": lambda r: {"q": r.choice(s.numbers)},
        "q external number": lambda r: {"q": r.choice(s.external)},
        "q phone": lambda r: {"q": s.phone(r)},
        "q last four digits": lambda r: {"q": f"{r.randrange(10_000):04d}"},
        "q customer's ref": lambda r: {"q": r.choice(s.customers)[0]},
        "q customer's name": lambda r: {"q": r.choice(s.customers)[1]},
        "q beginning of a name": lambda r: {"q": r.choice(s.customers)[1][0]},
        "q sku": lambda r: {"q": s.popular(r)},
        "q nothing": lambda r: {"q": f"zzz{r.random()}"},
    }


def pairs(s: Sample) -> dict[str, Question]:
    """Return questions of two filters, or of a filter and another sort."""

    def place(r: random.Random) -> dict[str, Any]:
        return {"shop": r.choice(s.shops), "state": r.choice(STATES)}

    return {
        "shop, state": place,
        "shop, state, sort -total": lambda r: place(r) | {"sort": "-total"},
        "shop, state, sort -updated_at": lambda r: place(r) | {"sort": "-updated_at"},
        "state, sort total": lambda r: {"state": r.choice(STATES), "sort": "total"},
        "shop, sku": lambda r: {"shop": r.choice(s.shops), "sku": s.popular(r)},
        "state, sku": lambda r: {"state": r.choice(STATES), "sku": s.popular(r)},
        "state, tag": lambda r: {"state": r.choice(STATES), "tag": "vip"},
        "state, placed span": lambda r: {"state": r.choice(STATES)} | s.week(r),
        "sku, placed span": lambda r: {"sku": s.popular(r)} | s.week(r),
        "shop, min_total": lambda r: {"shop": r.choice(s.shops), "min_total": 1500},
        "late, shop": lambda r: {"late": "true", "shop": r.choice(s.shops)},
        "tag, sku": lambda r: {"tag": "gift", "sku": s.popular(r)},
        "customer, state": lambda r: {
            "customer": r.choice(s.customers)[0], "state": r.choice(STATES),
        },
        "updated_from, sort updated_at": lambda r: {"updated_from": s.day(r), "sort": "updated_at"},
    }  # fmt: skip


def measure(
    name: str,
    chosen: argparse.Namespace,
    ask: Callable[[Mapping[str, Any]], int],
    question: Question,
) -> Figures:
    """Ask one question many times."""
    chance = random.Random(name)
    times: list[tuple[float, int, Any]] = []
    for turn in range(chosen.rounds + 1):
        asked = {k: getattr(v, "isoformat", lambda v=v: v)() for k, v in question(chance).items()}
        if not name.startswith("board"):
            asked["limit"] = chosen.limit
        begun = time.perf_counter()
        rows = ask(asked)
        if turn:  # the first one opens connections and fills caches
            times.append(((time.perf_counter() - begun) * 1000, rows, asked))
    times.sort(key=lambda one: one[0])
    return Figures(
        name,
        times[len(times) // 2][0],
        times[int(len(times) * 0.95)][0],
        sum(rows for _, rows, _ in times) / len(times),
        times[-1][2],
    )


def explain(figures: Figures, ask: Callable[[], int]) -> None:
    """Print the statements of a question, with the plan of the slowest."""
    from django.db import connection

    with statements() as ran:
        ask()
    print(f"\nThe slowest, {figures.name} {dict(figures.slowest)}:")
    for seconds, sql, _ in ran:
        print(f"  {seconds * 1000:8.2f} ms  {' '.join(sql.split())[:150]}")
    _, sql, params = max(ran, key=lambda one: one[0])
    words = {"postgresql": "EXPLAIN (ANALYZE, BUFFERS)", "sqlite": "EXPLAIN QUERY PLAN"}
    with connection.cursor() as cursor:
        cursor.execute(f"{words.get(connection.vendor, 'EXPLAIN')} {sql}", params)
        for row in cursor.fetchall():
            print("   ", *row)


@contextmanager
def statements() -> Iterator[list[tuple[float, str, Any]]]:
    """Gather the statements of a block with the seconds that each took."""
    from django.db import connection

    ran: list[tuple[float, str, Any]] = []

    def time_it(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            ran.append((time.perf_counter() - begun, sql, params))

    with connection.execute_wrapper(time_it):
        yield ran


if __name__ == "__main__":
    sys.exit(main())
