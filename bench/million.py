"""Fill an empty database with consistent orders: `python -m bench.million --orders 1000000`.

The database is that of LAIDAN_DATABASE_URL. The orders go through the batch use case, so that every
law of `laidan check` holds of them; they are spread over a year, most of them long done.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import django

SHOPS = 8
SKUS = 5_000
CUSTOMERS = 300_000
CHUNK = 1_000
DAYS = 365
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静强磊洋勇艳杰娟涛明超秀霞平刚桂"
TAGS = ("vip", "gift", "fragile", "wholesale", "urgent", "first-order")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench.million", description=__doc__.split("\n")[0])
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Prepare the installation, place the orders, print the pace."""
    chosen = parse(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laidan.config.settings")
    django.setup()
    from laidan.kernel.outcome import Done
    from laidan.usecases.place_orders import place_orders

    now = datetime.now(UTC).replace(microsecond=0)
    furnish(now)
    begun = time.monotonic()
    requests = orders(chosen.orders, random.Random(chosen.seed), now)
    done = 0
    while chunk := list(islice(requests, CHUNK)):
        at = min(now, datetime.fromisoformat(chunk[-1].order.placed_at) + timedelta(hours=1))
        outcomes = place_orders(chunk, now=at)
        refused = [outcome for outcome in outcomes if not isinstance(outcome, Done)]
        if refused:
            print(f"{len(refused)} orders were refused, the first: {refused[0]}", file=sys.stderr)
            return 1
        done += len(chunk)
        if done % (20 * CHUNK) == 0 or done == chosen.orders:
            pace = done / (time.monotonic() - begun)
            print(f"{done:,} orders, {pace:,.0f} a second", flush=True)
    tidy_up()
    return 0


def tidy_up() -> None:
    """Do what PostgreSQL's autovacuum does after a while, where it is on."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def furnish(now: datetime) -> None:
    """Make tables, shops, SKUs and their stock."""
    from django.db import transaction

    from laidan.kernel.ids import Mint
    from laidan.usecases.open_installation import Wishes, open_installation

    mint = Mint(now, os.urandom)
    wishes = Wishes(time_zone="Asia/Shanghai", key=os.environ.get("LAIDAN_DEMO_KEY", ""))
    opened = open_installation(wishes, now=now, mint=mint, entropy=os.urandom)
    if opened.password:
        print(f"administrator's password {opened.password}, key {opened.key}")
    with transaction.atomic():
        open_shops(now, mint)
        fill_shelves(now, mint)


def open_shops(now: datetime, mint: Any) -> None:
    """Open further shops that the first location serves."""
    from laidan.domain.channels.models import Shop, ShopLocation
    from laidan.domain.stock.models import Location
    from laidan.engine import epochs

    location = Location.objects.get(code="main")
    first = Shop.objects.get(code="main")
    for number in range(2, SHOPS + 1):
        shop = Shop(
            id=mint.new(), code=f"shop{number}", name=f"Shop {number}", currency="CNY",
            time_zone=first.time_zone, created_at=now,
        )  # fmt: skip
        shop.save(force_insert=True)
        serving = ShopLocation(id=mint.new(), shop=shop, location=location, rank=0)
        serving.save(force_insert=True)
    epochs.bump("channels")


def fill_shelves(now: datetime, mint: Any) -> None:
    """Make SKUs and receive a million of each."""
    from laidan.domain.catalog.models import Product, Sku
    from laidan.domain.stock.models import Balance, Location, Movement
    from laidan.engine import epochs

    location = Location.objects.get(code="main")
    product = Product(id=mint.new(), code="SEED", name="Seeded", created_at=now, updated_at=now)
    product.save(force_insert=True)
    skus = [
        Sku(
            id=mint.new(), product=product, code=sku_code(number), name=f"Article {number}",
            kind="goods", unit="pcs", price_micro=price_cents(number) * 10_000, currency="CNY",
            updated_at=now,
        )
        for number in range(SKUS)
    ]  # fmt: skip
    balances = [Balance(id=mint.new(), sku=sku, location=location, on_hand=10**6) for sku in skus]
    movements = [
        Movement(
            id=mint.new(), balance=balance, sku_id=balance.sku_id, location=location,
            kind="receive", delta=10**6, actor="seed", at=now,
        )
        for balance in balances
    ]  # fmt: skip
    Sku.objects.bulk_create(skus, batch_size=1000)
    Balance.objects.bulk_create(balances, batch_size=1000)
    Movement.objects.bulk_create(movements, batch_size=1000)
    epochs.bump("catalog")
    epochs.bump("stock")


def sku_code(number: int) -> str:
    """Return the code of the SKU of a number."""
    return f"S{number:05d}"


def price_cents(number: int) -> int:
    """Return the price of the SKU of a number."""
    return (5 + number % 200) * 100 + 99


def orders(count: int, chance: random.Random, now: datetime) -> Iterator[Any]:
    """Yield requests from the oldest to the newest; the older, the more of them are done."""
    from laidan.kernel.actor import SYSTEM
    from laidan.usecases.order_requests import Placing

    span = timedelta(days=DAYS) / count
    for number in range(count):
        placed_at = now - timedelta(days=DAYS) + span * number
        order = an_order(number, placed_at, chance)
        state = state_at(now - placed_at, chance)
        history = None
        if now - placed_at > timedelta(minutes=30):
            total = sum(line.quantity * price_cents(int(line.sku[1:])) for line in order.lines)
            history = history_of(state, placed_at, now, (f"PAY{number}", total))
        yield Placing(order, SYSTEM, history=history)


def an_order(number: int, placed_at: datetime, chance: random.Random) -> Any:
    """Return the order of a number: its customer, its lines."""
    from laidan.usecases.order_requests import (
        AddressRequest,
        CustomerRequest,
        LineRequest,
        PlaceOrder,
    )

    lines = [
        # A few articles make most of the sales.
        LineRequest(sku=sku_code(int(SKUS * chance.random() ** 3)), quantity=chance.randint(1, 3))
        for _ in range(chance.choice((1, 1, 2, 2, 3, 4)))
    ]
    person = chance.randrange(CUSTOMERS)
    name = SURNAMES[person % 20] + GIVEN[person // 20 % 20] + GIVEN[person // 400 % 20]
    phone = f"13{person * 7919 % 10**9:09d}"
    shop = min(int(chance.expovariate(0.7)), SHOPS - 1)
    return PlaceOrder(
        lines=lines,
        shop=f"shop{shop + 1}" if shop else "main",
        external_no=f"T{number:09d}" if chance.random() < 0.8 else None,
        placed_at=placed_at.isoformat(),
        customer=CustomerRequest(ref=f"C{person:06d}", name=name, phone=phone),
        ship_to=AddressRequest(
            name=name, phone=phone, country="CN", province="浙江省", city="杭州市",
            district="西湖区", street=f"文三路 {person % 900} 号", postcode="310000",
        ),
        tags=[chance.choice(TAGS)] if chance.random() < 0.15 else [],
    )  # fmt: skip


def state_at(age: timedelta, chance: random.Random) -> str:
    """Return the state that an order of an age is likely to be in."""
    if age < timedelta(hours=1):
        return chance.choice(("awaiting_payment", "awaiting_payment", "open"))
    if chance.random() < 0.07:
        return "cancelled"
    if age < timedelta(days=2):
        return chance.choice(("open", "open", "open", "in_review"))
    if age < timedelta(days=10):
        return chance.choice(("open", "completed", "completed"))
    if age < timedelta(days=25):
        return "completed" if chance.random() < 0.98 else "open"
    return "closed" if chance.random() < 0.9995 else "open"


def history_of(state: str, placed_at: datetime, now: datetime, due: tuple[str, int]) -> Any:
    """Return the history of an order that is in a state; `due` is its payment, should it be paid."""
    from laidan.kernel.money import format_minor
    from laidan.usecases.order_requests import History, Money

    def after(days: float) -> datetime:
        return min(now, placed_at + timedelta(days=days))

    if state == "cancelled":
        return History(state=state, cancelled_at=after(0.1), cancel_reason="buyer")
    done = state in {"completed", "closed"}
    paid = state != "awaiting_payment"
    money = Money("test", format_minor(due[1], "CNY"), due[0], after(0.01))
    return History(
        state=state,
        captures=[money] if paid else [],
        paid_at=after(0.01) if paid else None,
        shipped_at=after(1) if done else None,
        delivered_at=after(3) if done else None,
        completed_at=after(8) if done else None,
    )


if __name__ == "__main__":
    sys.exit(main())
