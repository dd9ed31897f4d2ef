"""What the demo's customers put into their baskets, and what it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from laidan.interfaces.cli.demonstration import words
from laidan.interfaces.cli.demonstration.assortment import CURRENCY, Item
from laidan.interfaces.cli.demonstration.people import Person
from laidan.kernel import money
from laidan.usecases.order_requests import CustomerRequest, LineRequest, PlaceOrder

MAIN, MARKET = "main", "tmall"
FREE_SHIPPING_FROM, SHIPPING = 88_00, 8_00
PROMOTION_FROM, PROMOTION = 300_00, 30_00


@dataclass(frozen=True, slots=True)
class Course:
    """How orders of a type go in the demo: the names are those of its blueprint's states."""

    type: str
    unpaid_after: timedelta
    waits_in: str
    is_parcel: bool = True
    is_made: bool = False


RETAIL = Course("retail", timedelta(minutes=30), "open")
VIRTUAL = Course("virtual", timedelta(minutes=30), "completed", is_parcel=False)
CUSTOM = Course("custom", timedelta(hours=24), "ready", is_made=True)


@dataclass(frozen=True, slots=True)
class Basket:
    """An order to place, its total in minor units, and how it will go."""

    order: PlaceOrder
    course: Course
    total: int
    is_booked: bool = False

    @property
    def amount(self) -> str:
        """The total as text."""
        return money.format_minor(self.total, CURRENCY)


Pick = tuple[Item, int, dict[str, object]]
"""A SKU, how much of it in its smallest unit, and what else its line says."""


class Filler:
    """Fills baskets: some SKUs and some customers come more often than others."""

    def __init__(self, items: Sequence[Item], customers: Sequence[Person], rng: Random) -> None:
        self._rng = rng
        self._kinds: dict[str, tuple[list[Item], list[float]]] = {}
        for item in rng.sample(items, len(items)):
            group = self._kinds.setdefault(item.kind, ([], []))
            group[0].append(item)
            group[1].append(1 / (len(group[0]) + 4))
        self._customers = customers
        self._weights = [1 / (place + 30) for place in range(len(customers))]

    def fill(self, number: int, placed_at: datetime, *, may_book: bool) -> Basket:
        """Return the basket of an order; `may_book` lets it hold what is booked by day."""
        rng = self._rng
        draw = rng.random()
        if draw < 0.05:
            picks: list[Pick] = [(self._draw("virtual"), rng.choice((1, 1, 1, 2)), {})]
            return self._basket(number, placed_at, picks, course=VIRTUAL)
        if draw < 0.12:
            return self._basket(number, placed_at, [self._made()], course=CUSTOM)
        picks = self._goods(rng.choices((1, 2, 3, 4, 5), (46, 28, 14, 8, 4))[0])
        if may_book and draw > 0.97:
            return self._basket(number, placed_at, [self._booked(placed_at)])
        if draw > 0.92:
            picks.append((self._draw("bundle"), 1, {}))
        return self._basket(
            number, placed_at, picks, shop=rng.choice((MAIN, MAIN, MAIN, MARKET, MARKET))
        )

    def _draw(self, kind: str) -> Item:
        group, weights = self._kinds[kind]
        return self._rng.choices(group, weights)[0]

    def _goods(self, count: int) -> list[Pick]:
        found: dict[str, Pick] = {}
        for _ in range(count):
            item = self._draw("goods")
            quantity = self._rng.choices((1, 2, 3, 6), (78, 15, 5, 2))[0]
            if item.price_micro > 1000 * 10**money.MICRO:
                quantity = 1
            if item.decimals:
                quantity = self._rng.choice((25, 50, 100, 150)) * 10 ** (item.decimals - 2)
            found[item.code] = (item, quantity, {})
        return list(found.values())

    def _booked(self, placed_at: datetime) -> Pick:
        day = (placed_at + timedelta(days=self._rng.randrange(3, 30))).date()
        until = day + timedelta(days=1)
        return self._draw("capacity"), 1, {"from_": day.isoformat(), "until": until.isoformat()}

    def _made(self) -> Pick:
        rng = self._rng
        attributes: dict[str, object] = {"engraving": rng.choice(words.ENGRAVINGS)}
        if rng.random() < 0.5:
            attributes["size"] = rng.choice(("S", "M", "L", "XL", "own"))
        if rng.random() < 0.3:
            attributes["proof_wanted"] = True
        return self._draw("custom"), 1, {"attributes": attributes}

    def _basket(
        self,
        number: int,
        placed_at: datetime,
        picks: Sequence[Pick],
        *,
        shop: str = MAIN,
        course: Course = RETAIL,
    ) -> Basket:
        rng = self._rng
        person = rng.choices(self._customers, self._weights)[0]
        goods = sum(
            money.line_amount(item.price_micro, quantity, item.decimals, CURRENCY)
            for item, quantity, _ in picks
        )
        discount = PROMOTION if goods >= PROMOTION_FROM and course is RETAIL else 0
        shipping = SHIPPING if goods < FREE_SHIPPING_FROM and course.is_parcel else 0
        wanted = placed_at + timedelta(days=rng.randrange(10, 25))
        order = PlaceOrder(
            type=course.type,
            shop=shop,
            external_no=_market_number(number, placed_at) if shop == MARKET else None,
            placed_at=placed_at.isoformat(),
            currency=CURRENCY,
            priority=rng.choices(("normal", "high", "urgent", "low"), (93, 4, 2, 1))[0],
            customer=person.customer if course.is_parcel else _with_email(person.customer),
            ship_to=person.address if course.is_parcel else None,
            lines=[_line(pick) for pick in picks],
            discount=money.format_minor(discount, CURRENCY),
            shipping_fee=money.format_minor(shipping, CURRENCY),
            buyer_note=rng.choice(words.BUYER_NOTES) if rng.random() < 0.08 else "",
            seller_note=rng.choice(words.SELLER_NOTES) if rng.random() < 0.04 else "",
            tags=[rng.choice(words.TAGS)] if rng.random() < 0.08 else [],
            fields={"wanted_by": wanted.date().isoformat()} if course.is_made else {},
        )
        is_booked = any("until" in more for _, _, more in picks)
        return Basket(order, course, goods - discount + shipping, is_booked)


def _line(pick: Pick) -> LineRequest:
    item, quantity, more = pick
    return LineRequest(
        sku=item.code,
        quantity=money.format_scaled(quantity, item.decimals),
        unit_price=money.format_price(item.price_micro, CURRENCY),
        **more,  # type: ignore[arg-type]  # from, until or attributes
    )


def _with_email(customer: CustomerRequest) -> CustomerRequest:
    """Return a customer to whom something can be sent by mail."""
    email = customer.email or f"{(customer.ref or '').lower()}@example.com"
    return CustomerRequest(customer.ref, customer.name, customer.phone, email)


def _market_number(number: int, placed_at: datetime) -> str:
    return f"{placed_at:%y%m%d}{880_000_000 + number * 7919 % 99_999_989}"
