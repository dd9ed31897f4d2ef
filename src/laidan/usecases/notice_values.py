"""What a happening says of itself in a notice: its values in the reader's language, masked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings

from laidan.blueprints import library
from laidan.domain.channels.models import Shop
from laidan.domain.notices import texts
from laidan.domain.notices.models import Alarm
from laidan.engine import epochs
from laidan.engine.sealing import SealError, keyring, masked_phone
from laidan.engine.stream import Streamed

_LINES = 5
_decode = msgspec.json.Decoder().decode


class ShopFacts(NamedTuple):
    """What notices say of a shop."""

    name: str
    zone: str


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that rules are asked about: an event of the stream, or an alarm."""

    id: str
    type: str
    shop: str
    subject_id: str
    subject: str
    at: datetime
    link: str
    data: Mapping[str, Any]
    sealed: str | None = None


def load_shops() -> dict[str, ShopFacts]:
    """Return what notices say of the shops, by code."""
    rows = Shop.objects.values_list("code", "name", "time_zone")
    return {str(code): ShopFacts(str(name), str(zone)) for code, name, zone in rows}


def of_event(event: Streamed) -> Happening:
    """Return an event as rules are asked about it."""
    data: dict[str, Any] = _decode(event.payload) | {"actor": event.actor}
    about = data.get("order") or data.get("product") or {}
    if "order" in data:
        shop, name = str(about.get("shop") or ""), str(about.get("order_no") or "")
        link = f"/orders/{name}"
    else:
        shop, name = "", str(about.get("code") or data.get("code") or "")
        link = f"/products/{name}" if name else ""
    return Happening(
        event.id, event.type, shop, event.subject_id, name, event.at, link, data, event.sealed
    )


def of_alarm(alarm: Alarm) -> Happening:
    """Return an alarm as rules are asked about it."""
    facts = {**alarm.facts, "label": alarm.label}
    return Happening(
        alarm.pk, f"alarm.{alarm.kind}", alarm.shop_code, alarm.pk, alarm.label,
        alarm.raised_at, alarm.link, facts,
    )  # fmt: skip


def values_of(
    one: Happening, language: str, shops: Mapping[str, ShopFacts], *, reveals: bool
) -> dict[str, str]:
    """Return every value that texts and conditions may name; phones are masked unless revealed."""
    shop = shops.get(one.shop)
    zone = ZoneInfo(shop.zone if shop else settings.TIME_ZONE)
    values = {
        "event": texts.label_of(one.type, language), "shop": shop.name if shop else one.shop,
        "at": f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}",
        "link": f"{settings.LAIDAN_BASE_URL}{one.link}" if one.link else "",
    }  # fmt: skip
    group = one.type.partition(".")[0]
    if group == "order":
        values |= _order_values(one, language, reveals=reveals)
    elif group in ("payment", "refund"):
        values |= _money_values(one.data, group)
    elif group == "product":
        about = one.data.get("product") or one.data
        values |= {name: str(about.get(name) or "") for name in ("code", "name")}
        values["by"] = str(one.data.get("actor") or "")
    else:
        values |= {name: str(one.data.get(name) or "") for name in texts.ALARM}
    return values | {"what": texts.sentence_of(one.type, language, values)}


def _order_values(one: Happening, language: str, *, reveals: bool) -> dict[str, str]:
    order: Mapping[str, Any] = one.data.get("order") or {}
    names = ("order_no", "external_no", "currency", "total", "category", "priority")
    values = {name: str(order.get(name) or "") for name in names}
    lines = order.get("lines") or []
    amounts = order.get("amounts") or {}
    shown = [f"{line['quantity']} × {line.get('title') or line['sku']}" for line in lines[:_LINES]]
    parcels = order.get("fulfilments") or []
    return values | {
        "paid": str(amounts.get("captured") or ""), "count": str(len(lines)),
        "lines": "\n".join(shown + (["…"] if len(lines) > _LINES else [])),
        "by": str(one.data.get("actor") or ""),
        "tracking_no": ", ".join(str(one_.get("tracking_no") or "") for one_ in parcels).strip(", "),
        **_labels(one.data, order, language), **_contact(one, reveals=reveals),
    }  # fmt: skip


def _money_values(data: Mapping[str, Any], group: str) -> dict[str, str]:
    money, order = data.get(group) or {}, data.get("order") or {}
    names = ("number", "provider", "currency", "amount")
    values = {name: str(money.get(name) or "") for name in names}
    return values | {
        "order_no": str(order.get("order_no") or ""), "why": str(data.get("why") or ""),
        "by": str(data.get("actor") or ""),
    }  # fmt: skip


def _labels(data: Mapping[str, Any], order: Mapping[str, Any], language: str) -> dict[str, str]:
    """Return the names of type and states as their blueprint has them."""
    key = (str(order.get("type") or ""), int(order.get("type_version") or 0))
    blueprint = library.load_blueprints({key}, epochs.read()).get(key)

    def state(code: object) -> str:
        known = blueprint.states.get(str(code)) if blueprint and code else None
        return known.label[language] if known else str(code or "")

    return {
        "type": blueprint.label[language] if blueprint else key[0],
        "state": state(order.get("state")), "before": state(data.get("state_from")),
    }  # fmt: skip


def _contact(one: Happening, *, reveals: bool) -> dict[str, str]:
    try:
        text = keyring().unseal(one.sealed, one.subject_id) if one.sealed else ""
    except SealError:
        text = ""
    contact: Mapping[str, Any] = _decode(text) if text else {}
    person = contact.get("ship_to") or contact.get("customer") or {}
    phone = str(person.get("phone") or "")
    shown = phone if reveals else masked_phone(phone)
    return {"customer": str(person.get("name") or ""), "phone": shown}
