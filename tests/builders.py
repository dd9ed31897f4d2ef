"""Builders with sensible defaults: a shop, a SKU with stock, an order; every law holds of them."""

import itertools
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from laidan.blueprints import library
from laidan.domain.access import core as access
from laidan.domain.access.models import User
from laidan.domain.catalog.models import Product, Sku
from laidan.domain.channels.models import Shop, ShopLocation
from laidan.domain.stock.models import Balance, Location, Movement
from laidan.engine import epochs
from laidan.kernel.actor import SYSTEM
from laidan.kernel.ids import Mint
from laidan.kernel.money import MICRO, parse_scaled
from laidan.kernel.outcome import Done, Refused
from laidan.usecases import grant_access
from laidan.usecases.order_requests import (
    AddressRequest,
    CustomerRequest,
    History,
    LineRequest,
    PaidRequest,
    PlaceOrder,
    Placing,
)
from laidan.usecases.place_orders import place_orders

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
"""The instant at which builders act unless told otherwise: noon in Shanghai."""
_numbers = itertools.count(1)


def a_mint(now: datetime = NOON) -> Mint:
    """Return a source of ids that follow those of earlier sources."""
    return Mint(now + timedelta(milliseconds=next(_numbers)), os.urandom)


@transaction.atomic
def the_order_types(**sources: str) -> None:
    """Store the shipped blueprints, and others given as TOML."""
    library.store(library.shipped_sources() | sources, now=NOON, mint=a_mint())


@transaction.atomic
def a_location(code: str = "main") -> Location:
    """Return a location, made where it is missing."""
    location = Location.objects.filter(code=code).first()
    if location is None:
        location = Location(id=a_mint().new(), code=code, name=code.title(), created_at=NOON)
        location.save(force_insert=True)
        epochs.bump("stock")
    return location


@transaction.atomic
def a_shop(code: str = "main", *, locations: tuple[str, ...] = ("main",), **columns: Any) -> Shop:
    """Return a shop that these locations serve, in this order; the order types are stored too."""
    the_order_types()
    values = {"name": code.title(), "currency": "CNY", "time_zone": "Asia/Shanghai"} | columns
    shop = Shop(id=a_mint().new(), code=code, created_at=NOON, **values)
    shop.save(force_insert=True)
    for rank, name in enumerate(locations):
        serving = ShopLocation(id=a_mint().new(), shop=shop, location=a_location(name), rank=rank)
        serving.save(force_insert=True)
    epochs.bump("channels")
    return shop


@transaction.atomic
def a_sku(
    code: str = "TEE-RED-M", price: str = "64.00", *, on_hand: int = 1000, location: str = "main",
    **columns: Any,
) -> Sku:  # fmt: skip
    """Return a SKU of a product of its own, with stock at a location."""
    mint = a_mint()
    product = Product(
        id=mint.new(), code=f"P-{code}", name=f"Product {code}", created_at=NOON, updated_at=NOON
    )
    product.save(force_insert=True)
    values = {"name": f"SKU {code}", "kind": "goods", "unit": "pcs", "currency": "CNY"} | columns
    sku = Sku(
        id=mint.new(),
        product=product,
        code=code,
        price_micro=parse_scaled(price, MICRO),
        updated_at=NOON,
        **values,
    )
    sku.save(force_insert=True)
    epochs.bump("catalog")
    if on_hand:
        some_stock(sku, on_hand, location=location)
    return sku


@transaction.atomic
def some_stock(sku: Sku, quantity: int, *, location: str = "main", bucket: str = "") -> Balance:
    """Receive a quantity of a SKU that has no balance there yet."""
    mint, place = a_mint(), a_location(location)
    balance = Balance(
        id=mint.new(),
        sku=sku,
        location=place,
        bucket=bucket,
        on_hand=quantity,
        safety=sku.safety,
        backorder=sku.backorder,
    )
    balance.save(force_insert=True)
    movement = Movement(
        id=mint.new(), balance=balance, sku=sku, location=place, bucket=bucket, kind="receive",
        delta=quantity, actor=SYSTEM.label, at=NOON,
    )  # fmt: skip
    movement.save(force_insert=True)
    return balance


def a_customer(name: str = "王小明", phone: str = "13800138000", **others: Any) -> CustomerRequest:
    """Return who orders."""
    return CustomerRequest(name=name, phone=phone, **others)


def an_address(name: str = "王小明", phone: str = "13800138000", **others: Any) -> AddressRequest:
    """Return where to send it."""
    parts = {
        "country": "CN", "province": "浙江省", "city": "杭州市", "district": "西湖区",
        "street": "文三路 1 号", "postcode": "310000",
    } | others  # fmt: skip
    return AddressRequest(name=name, phone=phone, **parts)


def a_request(
    *lines: tuple[str, int], history: History | None = None, paid: str | None = None, **others: Any
) -> Placing:
    """Return the request for an order of (SKU, quantity) lines, by default one T-shirt."""
    wanted = [LineRequest(sku=sku, quantity=count) for sku, count in lines or [("TEE-RED-M", 1)]]
    money = None
    if paid is not None:
        money = PaidRequest(provider="test", reference=f"PAY-{next(_numbers)}", amount=paid)
    order = PlaceOrder(lines=wanted, paid=money, **{"shop": "main"} | others)
    return Placing(order, SYSTEM, history=history)


def some_orders(*requests: Placing, now: datetime = NOON) -> list[Any]:
    """Place orders, none of which may be refused."""
    placed = []
    for outcome in place_orders(requests, now=now):
        assert isinstance(outcome, Done), outcome
        placed.append(outcome.value)
    return placed


def an_order(*lines: tuple[str, int], now: datetime = NOON, **others: Any) -> Any:
    """Place one order; see `a_request`."""
    return some_orders(a_request(*lines, **others), now=now)[0]


def a_refusal(*lines: tuple[str, int], now: datetime = NOON, **others: Any) -> Refused:
    """Place one order that must be refused."""
    (outcome,) = place_orders([a_request(*lines, **others)], now=now)
    assert isinstance(outcome, Refused), outcome
    return outcome


@transaction.atomic
def a_user(username: str = "admin", *, rights: Sequence[str] = ("*",), password: str = "") -> User:
    """Return somebody who may sign in."""
    user = User.objects.filter(username=username).first()
    if user is None:
        user = User(
            id=a_mint().new(),
            username=username,
            rights=list(rights),
            password=make_password(password or None),
            created_at=NOON,
        )
        user.save(force_insert=True)
    return user


@transaction.atomic
def a_key(*scopes: str, username: str = "admin") -> str:
    """Return the token of a new key, by default one that may do all."""
    a_user(username)
    token = access.new_token(os.urandom(access.ENTROPY_BYTES))
    wanted = grant_access.NewKey(username, f"test {next(_numbers)}", scopes or ("*",))
    outcome = grant_access.insert_key(wanted, token, now=datetime.now(UTC), mint=a_mint())
    assert isinstance(outcome, Done), outcome
    return token.text
