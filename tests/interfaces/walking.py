"""Visitors with a built-in role in one shop, and orders inside and outside of what they see."""

import json
from dataclasses import replace
from typing import Any, NamedTuple

from django.test import Client

from builders import (
    NOON,
    a_customer,
    a_key,
    a_request,
    a_shop,
    a_sku,
    a_user,
    an_address,
    some_orders,
)
from laidan.domain.access.policy import UNLIMITED_ONLY
from laidan.domain.access.roles import BUILT_IN
from laidan.domain.orders.models import Order
from laidan.engine import blobs
from laidan.kernel.actor import SYSTEM
from laidan.kernel.outcome import Done
from laidan.kernel.permissions import covers
from laidan.usecases import grant_access
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.file_requests import KeepFile
from laidan.usecases.keep_files import keep_files
from laidan.usecases.transition_requests import Advance, TransitionInputs

SENTENCE = "You do not have permission; ask your administrator"
ABROAD = {"name": "欧阳外人", "phone": "13911112222"}
DONE = {"name": "司马已消", "phone": "13733334444"}
HERE = {"name": "王小明", "phone": "13800138000"}
NOBODY = "01a200b2-1300-7001-85f2-6c6061b29cac"


class Orders(NamedTuple):
    """One order that everybody sees, one of another shop, and one that is done with."""

    inside: Any
    abroad: Any
    done: Any


class Visitor(NamedTuple):
    """Somebody with a role in one shop: his browser, his key, and what he must never read."""

    role: str
    browser: Client
    token: str
    secrets: tuple[str, ...]
    outside: tuple[Any, ...]

    def may(self, needed: str) -> bool:
        # What tells of everything is nothing for somebody of one shop.
        has = covers(BUILT_IN[self.role].permissions, needed)
        return has and needed not in UNLIMITED_ONLY


def _order(shop: str, who: dict[str, str]) -> Any:
    ref = who["phone"]
    return a_request(
        shop=shop, paid="64.00", customer=a_customer(ref=f"C{ref}", **who),
        ship_to=an_address(**who), external_no=f"X{ref}", tags=["vip"],
    )  # fmt: skip


def the_orders() -> Orders:
    """Place the three orders."""
    a_shop()
    a_shop("other")
    a_sku()
    placed = some_orders(_order("main", HERE), _order("other", ABROAD), _order("main", DONE))
    cancel = Advance(placed[2].order_id, "cancel", SYSTEM, TransitionInputs(reason="buyer"))
    (outcome,) = advance_orders([cancel], now=Order.objects.get(pk=placed[2].order_id).placed_at)
    assert isinstance(outcome, Done), outcome
    for order, who in zip(placed, (HERE, ABROAD, DONE), strict=True):
        blob = blobs.keep([who["name"].encode()], limit=1000)
        wish = KeepFile(
            blob, f"{who['name']}.txt", SYSTEM, visibility="linked",
            links=(("order", order.order_id),),
        )  # fmt: skip
        # Nobody who walks has this role.
        shared = replace(wish, visibility="roles", roles=("elsewhere",), links=())
        for kept in keep_files([wish, shared] if who is ABROAD else [wish], now=NOON):
            assert isinstance(kept, Done), kept
    return Orders(*placed)


def a_visitor_as(role: str, orders: Orders) -> Visitor:
    user = a_user(f"the-{role}", rights=())
    type(user).objects.filter(pk=user.pk).update(roles=[role], reach={"shops": ["main"]})
    user.refresh_from_db()
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(user)
    grant_access.forget_keys()
    limited = BUILT_IN[role].reach.categories is not None
    outside = (orders.abroad, orders.done) if limited else (orders.abroad,)
    people = (ABROAD, DONE) if limited else (ABROAD,)
    secrets = [
        text
        for order, who in zip(outside, people, strict=True)
        for text in (order.order_no, who["name"], who["phone"], f"{who['phone'][:3]}****",
                     f"X{who['phone']}")
    ]  # fmt: skip
    return Visitor(role, browser, a_key(username=user.username), tuple(secrets), outside)


def call(visitor: Visitor, method: str, path: str, body: Any = None) -> Any:
    """Call the API with a visitor's key."""
    return Client().generic(
        method, f"/api/v1{path}", json.dumps(body or {}), content_type="application/json",
        headers={"Authorization": f"Bearer {visitor.token}"},
    )  # fmt: skip
