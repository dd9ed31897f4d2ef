"""Opens shops: upserts them by code, with the locations that serve them in their order."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from laidan.blueprints import library
from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.catalog import changes as catalog
from laidan.domain.catalog.rows import PriceListRow
from laidan.domain.channels import store as channels
from laidan.domain.channels.core import ShopRow
from laidan.domain.orders import usage
from laidan.domain.stock import locations as stock
from laidan.domain.stock.locations import Location
from laidan.engine import epochs, unit
from laidan.kernel import money
from laidan.kernel.actor import SYSTEM, Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.needing import needs
from laidan.usecases.open_locations import Opened, name_fault

Entropy = Callable[[int], bytes]
_PREFIX = re.compile(r"[A-Z]{0,6}\Z")


@dataclass(frozen=True, slots=True)
class OpenShop:
    """A shop as it shall be; None leaves a known one's value as it is.

    `locations` are codes in order of preference. `price_list` and `review_from` (an amount from
    which orders are reviewed) are taken away by the empty text.
    """

    code: str
    name: str | None = None
    channel: str | None = None
    currency: str | None = None
    time_zone: str | None = None
    default_type: str | None = None
    order_prefix: str | None = None
    price_list: str | None = None
    review_from: str | None = None
    is_open: bool | None = None
    locations: tuple[str, ...] | None = None
    actor: Actor = SYSTEM


@dataclass(frozen=True, slots=True)
class Known:
    """What opening a batch of shops needs to know."""

    shops: Mapping[str, ShopRow]
    served: Mapping[str, tuple[str, ...]]
    locations: Mapping[str, Location]
    types: frozenset[str]
    price_lists: Mapping[str, PriceListRow]
    selling: frozenset[str]


@dataclass(slots=True)
class Decision:
    """Outcomes, and the shops as they shall be."""

    rows: dict[str, ShopRow]
    served: dict[str, tuple[str, ...]]
    outcomes: list[Outcome[Opened]] = field(default_factory=list)


@needs("settings.shops")
def open_shops(
    batch: Sequence[OpenShop], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[Opened]]:
    """Upsert each shop; one outcome per request, in the order given.

    Locks: the shops named. Refuses: invalid-request, unknown-type, unknown-location,
    unknown-price-list, currency-mismatch, currency-fixed. Events: none; the operation log.
    """
    return unit.run_batch(batch, partial(_open_shops, now=now, entropy=entropy))


def decide(known: Known, batch: Sequence[OpenShop], *, now: datetime, mint: Mint) -> Decision:
    """Decide each request in turn, each seeing what the earlier ones changed."""
    decision = Decision(dict(known.shops), dict(known.served))
    for request in batch:
        old = decision.rows.get(request.code)
        base = old or ShopRow(
            mint.new(), request.code, request.code, "direct", "CNY", "Asia/Shanghai", "retail",
            "LD", None, None, is_open=True, created_at=now,
        )  # fmt: skip
        row = _wanted(base, request, known)
        if isinstance(row, Refused):
            decision.outcomes.append(row)
            continue
        served = _served(request, known)
        if isinstance(served, Refused):
            decision.outcomes.append(served)
            continue
        before = decision.served.get(row.id, ())
        after = before if served is None else served
        decision.rows[row.code] = row
        decision.served[row.id] = after
        changed = row != old or after != before
        decision.outcomes.append(Done(Opened(row.id, row.code, old is None, changed)))
    return decision


def _wanted(base: ShopRow, request: OpenShop, known: Known) -> ShopRow | Refused:
    given = {
        name: value
        for name in ("name", "channel", "currency", "time_zone", "default_type", "order_prefix",
                     "is_open")
        if (value := getattr(request, name)) is not None
    }  # fmt: skip
    row = base._replace(**given)
    if request.price_list is not None:
        listed = known.price_lists.get(request.price_list)
        if listed is None and request.price_list:
            hint = f"there is no price list {request.price_list!r}"
            return invalid("price_list", hint, "unknown-price-list")
        if listed is not None and listed.currency != row.currency:
            hint = f"the list's prices are in {listed.currency}, the shop sells in {row.currency}"
            return invalid("price_list", hint, "currency-mismatch")
        row = row._replace(price_list_id=listed.id if listed else None)
    elif row.price_list_id is not None and row.currency != base.currency:
        hint = f"name a price list in {row.currency} too, or an empty one"
        return invalid("price_list", hint, "currency-mismatch")
    if row.currency != base.currency and row.id in known.selling:
        return Refused(
            "currency-fixed", f"The shop {row.code} has orders in {base.currency} already."
        )
    return (
        name_fault(request.code, request.name)
        or _shop_fault(row, known)
        or _reviewed(row, request.review_from)
    )


def _reviewed(row: ShopRow, limit: str | None) -> ShopRow | Refused:
    if limit is None:
        return row
    try:
        minor = money.parse_minor(limit, row.currency) if limit else None
    except money.NotAnAmountError as error:
        return invalid("review_from", str(error))
    return row._replace(review_from_minor=minor)


def _shop_fault(row: ShopRow, known: Known) -> Refused | None:
    if not money.is_currency(row.currency):
        return invalid("currency", f"{row.currency!r} is not a currency of ISO 4217")
    try:
        ZoneInfo(row.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return invalid("time_zone", f"there is no time zone {row.time_zone!r}")
    if row.default_type not in known.types:
        hint = f"there is no order type {row.default_type!r}"
        return invalid("default_type", hint, "unknown-type")
    if not _PREFIX.match(row.order_prefix):
        return invalid("order_prefix", "must be up to six capital letters")
    if not re.fullmatch(r"[a-z0-9_-]{1,30}", row.channel):
        return invalid("channel", "must be a short word in small letters")
    return None


def _served(request: OpenShop, known: Known) -> tuple[str, ...] | Refused | None:
    if request.locations is None:
        return None
    unknown = [code for code in request.locations if code not in known.locations]
    if unknown:
        return invalid("locations", f"there is no location {unknown[0]!r}", "unknown-location")
    return tuple(known.locations[code].id for code in dict.fromkeys(request.locations))


def _open_shops(
    batch: Sequence[OpenShop], *, now: datetime, entropy: Entropy
) -> list[Outcome[Opened]]:
    mint = Mint(now, entropy)
    known = _load(batch)
    decision = decide(known, batch, now=now, mint=mint)
    _write(known, decision, mint)
    record(_deeds(known, decision, batch), now=now, mint=mint)
    return decision.outcomes


def _deeds(known: Known, decision: Decision, batch: Sequence[OpenShop]) -> list[Deed]:
    """Return what the operation log is told: shops that are new or differ."""
    labels = {request.code: request.actor.label for request in batch}
    deeds = []
    for code, row in decision.rows.items():
        old = known.shops.get(code)
        before = _told(old, known.served) if old is not None else None
        after = _told(row, decision.served)
        if before != after:
            action = "shop.changed" if old else "shop.opened"
            label = labels.get(code, "")
            deeds.append(Deed(label, action, "shop", row.id, code, before=before, after=after))
    return deeds


def _told(row: ShopRow, served: Mapping[str, tuple[str, ...]]) -> dict[str, object]:
    told: dict[str, object] = {
        name: value for name, value in row._asdict().items() if name not in {"id", "created_at"}
    }
    return told | {"locations": list(served.get(row.id, ()))}


def _load(batch: Sequence[OpenShop]) -> Known:
    shops = channels.load_shop_rows({request.code for request in batch})
    types = {request.default_type or "retail" for request in batch}
    types |= {row.default_type for row in shops.values()}
    listed = _all(request.locations or () for request in batch)
    dearer = [row.id for row in shops.values() if _changes_currency(row, batch)]
    return Known(
        shops=shops,
        served=channels.load_served([row.id for row in shops.values()]),
        locations=stock.load_locations(listed),
        types=frozenset(
            code for code, _ in library.load_blueprints({(t, 0) for t in types}, epochs.read())
        ),
        price_lists=catalog.load_price_lists(
            {request.price_list for request in batch if request.price_list}
        ),
        selling=frozenset(usage.find_selling(dearer)) if dearer else frozenset(),
    )


def _all(groups: Iterable[Iterable[str]]) -> set[str]:
    return {item for group in groups for item in group}


def _changes_currency(row: ShopRow, batch: Sequence[OpenShop]) -> bool:
    return any(
        request.code == row.code and request.currency not in {None, row.currency}
        for request in batch
    )


def _write(known: Known, decision: Decision, mint: Mint) -> None:
    added = [row for code, row in decision.rows.items() if code not in known.shops]
    changed = [row for code, row in decision.rows.items() if row != known.shops.get(code, row)]
    channels.write_shops(added, changed)
    served = {
        shop_id: locations
        for shop_id, locations in decision.served.items()
        if locations != known.served.get(shop_id, ())
    }
    channels.write_served(served, mint)
    if added or changed or served:
        epochs.bump(channels.EPOCH)
