"""The demo's places, catalogue and stock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

import msgspec

from laidan.engine.idempotency import Once, fingerprint
from laidan.interfaces.cli.demonstration.assortment import Item
from laidan.interfaces.cli.demonstration.baskets import MAIN, MARKET
from laidan.interfaces.cli.demonstration.living import CLERK, PICKER
from laidan.usecases.keep_accounts import KeepAccount
from laidan.usecases.movement_requests import MovementRequest, MoveStock
from laidan.usecases.open_locations import OpenLocation
from laidan.usecases.open_shops import OpenShop
from laidan.usecases.product_requests import PriceListRequest, SetPrices

BOOKABLE_DAYS = 60
PLACES = {"main": 1.0, "shanghai": 0.35, "guangzhou": 0.6}
LOCATIONS = (
    OpenLocation("main", "杭州总仓 Hangzhou warehouse"),
    OpenLocation("shanghai", "上海门店 Shanghai store"),
    OpenLocation("guangzhou", "广州分仓 Guangzhou warehouse"),
)
SHOPS = (
    OpenShop(
        MAIN, "来单生活馆 Laidan Living", "direct", currency="CNY", time_zone="Asia/Shanghai",
        review_from="600.00", locations=("main", "shanghai"),
    ),
    OpenShop(
        MARKET, "来单旗舰店 Laidan flagship", "tmall", currency="CNY", time_zone="Asia/Shanghai",
        order_prefix="TM", review_from="600.00", price_list="market",
        locations=("guangzhou", "main"),
    ),
)  # fmt: skip

BANK = """开户行 Bank: 来单银行杭州分行 Laidan Bank Hangzhou
账号 Account: 6222 0000 0000 0000
金额 Amount: {amount}
附言 Reference: {number}"""


def payment_accounts(secret: str) -> tuple[KeepAccount, ...]:
    """Return the demo's ways to pay: a provider that moves no money, a bank transfer and cash."""
    return (
        KeepAccount(
            "demo", CLERK, "test", "演示支付 Demo payment",
            settings={"purpose": "demo"}, secrets={"secret": secret}, place=1,
        ),
        KeepAccount(
            "bank", CLERK, "bank_transfer", "银行转账 Bank transfer",
            settings={"instructions": BANK}, place=2,
        ),
        KeepAccount("cash", CLERK, "cash", "门店现金 Cash in the store", shops=(MAIN,), place=3),
    )  # fmt: skip


def once(name: str) -> Once:
    """Return the key under which the demo does something once."""
    return Once("demo", name, fingerprint(name.encode()))


def price_list(items: Sequence[Item]) -> SetPrices:
    """Return the second shop's price list: cheaper from ten pieces of the same."""
    steps = [
        {"sku": item.code, "price": _cheaper(item.price_micro), "quantity_from": 10}
        for item in items
        if item.kind == "goods" and not item.decimals
    ]
    body = {"code": "market", "name": "批发价 Wholesale", "currency": "CNY", "prices": steps}
    return SetPrices(msgspec.convert(body, PriceListRequest), CLERK)


def _cheaper(micro: int) -> str:
    cents = micro * 9 // 10 // 10_000
    return f"{cents // 100}.{cents % 100:02d}"


def deliveries(items: Sequence[Item], now: datetime, rng: Random) -> Iterator[MoveStock]:
    """Yield what the suppliers brought before the first order, and what can be booked by day."""
    for item in items:
        if item.kind == "goods":
            for place, share in PLACES.items():
                pieces = int(rng.randrange(120, 700) * share)
                yield _movement(
                    "receive", item, place, str(pieces), f"PO-{rng.randrange(10**5):05d}"
                )
        elif item.kind == "capacity":
            for offset in range(-10, BOOKABLE_DAYS):
                day = (now + timedelta(days=offset)).date().isoformat()
                yield _movement("receive", item, "main", str(rng.randrange(3, 9)), "", bucket=day)


def daily_work(items: Sequence[Item], day: str, rng: Random) -> Iterator[MoveStock]:
    """Yield a day's work in the warehouses: refills, a transfer, a loss, a correction."""
    goods = [item for item in items if item.kind == "goods" and not item.decimals]
    for kind, reference, reason, to in (
        ("receive", f"PO-{day}", "", None),
        ("receive", f"PO-{day}", "", None),
        ("transfer", f"TR-{day}", "补货上海门店", "shanghai"),
        ("scrap", "", "运输破损", None),
        ("adjust", "", "盘点差异", None),
    ):
        item = rng.choice(goods)
        quantity = {"receive": "24", "transfer": "10", "scrap": "1", "adjust": "2"}[kind]
        yield _movement(kind, item, "main", quantity, reference, reason=reason, to=to, day=day)


def _movement(  # noqa: PLR0913 - one for each field of a movement
    kind: str,
    item: Item,
    location: str,
    quantity: str,
    reference: str,
    *,
    bucket: str = "",
    reason: str = "",
    to: str | None = None,
    day: str = "first",
) -> MoveStock:
    body = {
        "kind": kind, "sku": item.code, "location": location, "quantity": quantity,
        "bucket": bucket, "to": to, "reason": reason, "reference": reference,
    }  # fmt: skip
    key = once(f"{day}|{kind}|{item.code}|{location}|{bucket}")
    return MoveStock(msgspec.convert(body, MovementRequest), PICKER, key)


def count(sku: str, location: str, quantity: str) -> MoveStock:
    """Return the count of a shelf that is found nearly empty."""
    body = {"kind": "count", "sku": sku, "location": location, "quantity": quantity,
            "reason": "月末盘点"}  # fmt: skip
    return MoveStock(
        msgspec.convert(body, MovementRequest), PICKER, once(f"count|{sku}|{location}")
    )
