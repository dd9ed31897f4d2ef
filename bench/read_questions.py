"""What bench.reads asks: every filter, sort and search with values that occur in the database."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

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
    people = Customer.objects.exclude(ref=None).order_by("id").values_list("ref", "name")[:2_000]
    customers = [(ref, name) for ref, name in people if ref is not None]
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


def always(**asked: Any) -> Question:
    """Return the question that asks the same each time."""
    return lambda _: asked


def filters(s: Sample) -> dict[str, Question]:
    """Return the questions of one filter or sort alone."""
    return {
        "no filter": lambda _: {},
        **{f"sort {sort}": always(sort=sort) for sort in SORTS},
        "type": lambda r: {"type": r.choice(("retail", "virtual"))},
        "shop": lambda r: {"shop": r.choice(s.shops)},
        **{f"state {state}": always(state=state) for state in STATES},
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
