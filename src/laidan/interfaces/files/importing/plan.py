"""How a file is to be imported: which map reads it, and where what it tells goes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
from django.conf import settings

from laidan.interfaces.files.binding import bind
from laidan.interfaces.files.faults import BadFileError, Limits, RowError
from laidan.interfaces.files.importing import missing
from laidan.interfaces.files.importing.conversion import Target
from laidan.interfaces.files.importing.ordering import Wishes
from laidan.interfaces.files.mapping import Mapping, read_map
from laidan.interfaces.files.presets import FOLDERS, NAMES, load_preset
from laidan.interfaces.files.tables import Table, bundled, read_tables
from laidan.kernel.actor import Actor

Kind = Literal["orders", "products", "stock", "customers"]
KINDS: tuple[Kind, ...] = ("orders", "products", "stock", "customers")


def presets_for(path: Path) -> tuple[str, ...]:
    """Return the known sources that a file may come from; some are several tables in one ZIP."""
    if bundled(path):
        return NAMES
    return tuple(name for name in NAMES if name not in FOLDERS)


class ImportWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody who imports has chosen: a preset or a map's document, a shop, and how."""

    kind: Kind
    preset: str = ""
    document: dict[str, Any] | None = None
    map_name: str = ""
    shop: str = ""
    history: bool = False
    create_missing: bool = False
    location: str = "main"


class PlanError(Exception):
    """Why a file cannot be imported as it was wished; the code is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Choice:
    """The shop that all orders go to, or "" where each names its own; with what it implies.

    `default` is for orders that could name one and do not.
    """

    code: str
    default: str
    currency: str
    time_zone: str
    differs: str = ""


def choose_shop(code: str, mapping: Mapping, *, creates_missing: bool) -> Choice:
    """Return where the orders go; raises PlanError where that cannot be known or cannot be."""
    shop = missing.find_shop(code)
    currency, zone = mapping.constants.get("currency", ""), mapping.formats.time_zone
    names_shops = "shop" in mapping.columns and not code
    if shop is None and code and not creates_missing:
        raise PlanError("unknown-shop", f"there is no shop {code}")
    if shop is None and not code and not names_shops:
        raise PlanError("several-shops", "there are several shops")
    if shop is None:
        return Choice(code, "", currency, zone or settings.TIME_ZONE)
    if currency and currency != shop.currency:
        raise PlanError(
            "currency-mismatch",
            f"the file is in {currency} and the shop {shop.code} sells in {shop.currency}",
        )
    differs = zone if zone and zone != shop.zone.key else ""
    return Choice(
        "" if names_shops else shop.code, shop.code, shop.currency, shop.zone.key, differs
    )


def mapping_of(wish: ImportWish) -> Mapping:
    """Return the map that a wish names; raises PlanError or BadMapError."""
    if wish.document is not None:
        return read_map(wish.document, wish.map_name or "map")
    if wish.preset:
        if wish.preset not in NAMES or wish.kind != "orders":
            raise PlanError("unknown-preset", f"there is no preset {wish.preset}")
        return load_preset(wish.preset).mapping
    if wish.kind == "orders":
        raise PlanError("no-map", "choose which column is which field")
    return Mapping("by name", kind=wish.kind)


def fits(mapping: Mapping, path: Path) -> bool:
    """Say whether the header of a file has the columns that a map needs."""
    of_several = path.is_dir() or (mapping.name in FOLDERS and bool(bundled(path)))
    if (mapping.name in FOLDERS) != of_several:
        return False
    for table in read_tables(path, mapping.declared, Limits()):
        if isinstance(table, RowError):
            continue
        if binds(mapping, table):
            return True
        if not of_several:
            return False
    return False


def binds(mapping: Mapping, table: Table) -> bool:
    """Say whether a table has the columns that a map needs."""
    try:
        bind(mapping, table)
    except BadFileError:
        return False
    return True


def plan_orders(wish: ImportWish, actor: Actor, *, is_dry_run: bool) -> tuple[Mapping, Wishes]:
    """Return the map and how the orders are to be taken; raises PlanError or BadMapError."""
    mapping = mapping_of(wish)
    choice = choose_shop(wish.shop, mapping, creates_missing=wish.create_missing)
    wishes = Wishes(
        target=Target(choice.code, wish.history, choice.default, actor),
        time_zone=choice.time_zone,
        creates_missing=wish.create_missing,
        is_dry_run=is_dry_run,
    )
    return mapping.with_defaults(choice.currency, choice.time_zone), wishes
