"""What an import makes where it is missing: the shop, the SKUs. Only on demand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from laidan.domain.catalog import store as catalog
from laidan.domain.catalog.core import Sku
from laidan.domain.channels import store as channels
from laidan.domain.channels.core import Shop
from laidan.engine import epochs
from laidan.interfaces.files.drafts import DraftLine, DraftOrder
from laidan.interfaces.files.importing.conversion import IMPORTER
from laidan.kernel.outcome import Refused
from laidan.usecases.open_shops import OpenShop, open_shops
from laidan.usecases.product_requests import ProductRequest, SkuRequest, UpsertProduct
from laidan.usecases.upsert_products import upsert_products

_PRODUCTS_MAX = 1000
_NAME_CHARS = 200


class CannotOpenShopError(Exception):
    """The shop that a file's orders would go to cannot be opened; the message says why."""


@dataclass(frozen=True, slots=True)
class NewShop:
    """A shop that is to be opened: it sells in the file's currency and zone."""

    code: str
    name: str
    currency: str
    time_zone: str


def find_shop(code: str) -> Shop | None:
    """Return a shop by its code; an empty code is the only shop there is."""
    return channels.load_shops({code}, epochs.read()).get(code)


def open_shop(wish: NewShop, *, now: datetime) -> None:
    """Open a shop; raises CannotOpenShopError."""
    request = OpenShop(
        code=wish.code, name=wish.name, currency=wish.currency, time_zone=wish.time_zone
    )
    (outcome,) = open_shops([request], now=now)
    if isinstance(outcome, Refused):
        raise CannotOpenShopError(outcome.detail)


def assumed_shop(wish: NewShop) -> Shop:
    """Return the shop that `open_shop` would open, for a dry run."""
    return Shop(
        id="", code=wish.code, currency=wish.currency, zone=ZoneInfo(wish.time_zone),
        default_type="retail", order_prefix="LD", price_list_id=None, review_from_minor=None,
        is_open=True, locations=(),
    )  # fmt: skip


def missing_lines(drafts: Iterable[DraftOrder]) -> dict[str, DraftLine]:
    """Return the first line of each SKU that the catalogue does not have."""
    wanted: dict[str, DraftLine] = {}
    for draft in drafts:
        for line in draft.lines:
            known = wanted.get(line.sku)
            if known is None or _decimals(line.quantity) > _decimals(known.quantity):
                wanted[line.sku] = line
    if not wanted:
        return {}
    known_codes = catalog.load_skus(wanted, epochs.read())
    return {code: line for code, line in wanted.items() if code not in known_codes}


def create_skus(lines: Sequence[DraftLine], *, now: datetime) -> dict[str, Refused]:
    """Make each line's SKU, as a product of its own; return what was refused, by code."""
    refused: dict[str, Refused] = {}
    for start in range(0, len(lines), _PRODUCTS_MAX):
        part = lines[start : start + _PRODUCTS_MAX]
        outcomes = upsert_products([_product(line) for line in part], now=now)
        for line, outcome in zip(part, outcomes, strict=True):
            if isinstance(outcome, Refused):
                refused[line.sku] = outcome
    return refused


def assumed_skus(lines: Iterable[DraftLine]) -> dict[str, Sku]:
    """Return the SKUs that `create_skus` would make, for a dry run."""
    return {
        line.sku: Sku(
            id="", code=line.sku, name=line.title, kind=line.kind,
            decimals=_decimals(line.quantity), price_micro=None, currency=None, backorder=False,
            safety=0, is_active=True,
        )
        for line in lines
    }  # fmt: skip


def _product(line: DraftLine) -> UpsertProduct:
    name = line.title[:_NAME_CHARS]
    sku = SkuRequest(code=line.sku, name=name, kind=line.kind, decimals=_decimals(line.quantity))
    return UpsertProduct(ProductRequest(code=line.sku, name=name, skus=[sku]), IMPORTER)


def _decimals(quantity: Decimal) -> int:
    exponent = quantity.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
