"""Fills an installation with what the placing benchmark buys: a shop, SKUs, and stock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from laidan.engine.idempotency import Once, fingerprint
from laidan.interfaces.cli.benchmark.load import DROP_STOCK
from laidan.interfaces.cli.output import done
from laidan.kernel.actor import SYSTEM
from laidan.usecases.move_stock import move_stock
from laidan.usecases.movement_requests import MovementRequest, MoveStock
from laidan.usecases.open_locations import OpenLocation, open_locations
from laidan.usecases.open_shops import OpenShop, open_shops
from laidan.usecases.product_requests import ProductRequest, UpsertProduct
from laidan.usecases.upsert_products import upsert_products

CODE = "bench"
CHUNK = 1000
ENDLESS = 1_000_000_000
PRICE = "19.90"
T = TypeVar("T")


def seed(count: int, drop_skus: Sequence[str], *, now: datetime) -> None:
    """Make the shop `bench`, its SKUs B00001… and those for drops; again, it adds nothing.

    The drop's SKUs have 1,000 pieces each, the others more than can be sold.
    """
    [location] = open_locations([OpenLocation(CODE, "Benchmark")], now=now)
    done(location)
    [shop] = open_shops([OpenShop(CODE, "Benchmark", currency="CNY", locations=(CODE,))], now=now)
    done(shop)
    stock = {f"B{number:05d}": ENDLESS for number in range(1, count + 1)}
    stock |= dict.fromkeys(drop_skus, DROP_STOCK)
    for codes in _chunks(list(stock)):
        for made in upsert_products([_product(code) for code in codes], now=now):
            done(made)
        receipts = [_receipt(code, stock[code]) for code in codes]
        for moved in move_stock(receipts, now=now):
            done(moved)


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def _product(code: str) -> UpsertProduct:
    sku = {"code": code, "name": code, "price": PRICE, "currency": "CNY"}
    product = {"code": code, "name": f"Benchmark {code}", "skus": [sku]}
    return UpsertProduct(msgspec.convert(product, ProductRequest), SYSTEM)


def _receipt(code: str, quantity: int) -> MoveStock:
    movement = {"kind": "receive", "sku": code, "location": CODE, "quantity": quantity}
    key = f"receipt of {code}"
    return MoveStock(
        msgspec.convert(movement, MovementRequest),
        SYSTEM,
        once=Once(CODE, key, fingerprint(key.encode())),
    )
