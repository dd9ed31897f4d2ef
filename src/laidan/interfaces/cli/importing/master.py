"""Turning rows of products, stock and customers into commands, batch by batch."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import UNSET

from laidan.engine.idempotency import Once, fingerprint
from laidan.interfaces.cli.importing.conversion import IMPORTER
from laidan.interfaces.cli.importing.master_files import SourceRow
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.catalogue import Catalogue, ProductAnswer
from laidan.usecases.customer_requests import CustomerWish, UpsertCustomer
from laidan.usecases.move_stock import move_stock, preview_movements
from laidan.usecases.movement_requests import MovementRequest, MoveStock
from laidan.usecases.product_requests import ProductRequest, SkuRequest, UpsertProduct
from laidan.usecases.upsert_customers import preview_customers, upsert_customers
from laidan.usecases.upsert_products import preview_products, upsert_products

T = TypeVar("T")
ADDED, CHANGED, KNOWN = "added", "changed", "known"
_SKU_PLACE = re.compile(r"skus\[(\d+)\]")
_KINDS = {
    "实物": "goods", "虚拟": "virtual", "定制": "custom", "组合": "bundle", "预约": "capacity",
    "入库": "receive", "调整": "adjust", "盘点": "count", "调拨": "transfer", "报废": "scrap",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a row: a word, or a refusal; `name` is the code that it is about."""

    row: SourceRow
    name: str
    word: str
    refused: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What every import of master data is told."""

    clock: Callable[[], datetime]
    is_dry_run: bool = False
    currency: str = ""
    location: str = ""


class MasterImport(Protocol):
    """Takes rows and says what became of each; some wait until all others are in."""

    def take(self, rows: Sequence[SourceRow]) -> list[Verdict]:
        """Import a batch of rows."""

    def finish(self) -> list[Verdict]:
        """Import what had to wait."""


def _refusal(row: SourceRow, name: str, code: str, reason: str) -> Verdict:
    return Verdict(row, name, "refused", (code, reason))


def _text(value: object) -> object:
    return f"{value:f}" if isinstance(value, Decimal) else value


def _given(values: Iterable[tuple[str, object]]) -> dict[str, Any]:
    return {name: _text(value) for name, value in values if value is not None}


SkuRow = tuple[SourceRow, str, str, SkuRequest]
"""A row with its product's code and name (empty where the SKU stands for itself)."""


# --- products -------------------------------------------------------------------------------


@dataclass(slots=True)
class ProductImport:
    """Upserts SKUs with their products; bundles wait for what they hold."""

    run: Run
    _bundles: list[SkuRow] = field(default_factory=list)
    _assumed: Catalogue = field(default_factory=Catalogue)

    def take(self, rows: Sequence[SourceRow]) -> list[Verdict]:
        """Import a batch of rows."""
        found: list[Verdict] = []
        sound: list[SkuRow] = []
        for row in rows:
            code = str(row.values["code"])
            try:
                sku = msgspec.convert(self._sku(row), SkuRequest)
            except (msgspec.ValidationError, ValueError) as error:
                found.append(_refusal(row, code, "invalid-product", str(error)))
                continue
            product = str(row.values.get("product.code") or code)
            name = str(row.values.get("product.name") or "")
            if not name and product == code and isinstance(sku.name, str):
                name = sku.name
            wait = isinstance(sku.components, list) and sku.components
            (self._bundles if wait else sound).append((row, product, name, sku))
        return found + self._upsert(sound)

    def finish(self) -> list[Verdict]:
        """Import the bundles."""
        waiting, self._bundles = self._bundles, []
        return [
            verdict
            for place in range(0, len(waiting), 500)
            for verdict in self._upsert(waiting[place : place + 500])
        ]

    def _sku(self, row: SourceRow) -> dict[str, Any]:
        values = {**row.values}
        for name in ("product.code", "product.name"):
            values.pop(name, None)
        for name in ("decimals", "weight_grams"):
            number = values.get(name)
            if isinstance(number, Decimal):
                if number != int(number):
                    raise ValueError(f"{name}: must be a whole number")
                values[name] = int(number)
        if values.get("price") is not None and values.get("currency") is None:
            values["currency"] = self.run.currency or None
        if isinstance(values.get("kind"), str):
            values["kind"] = _KINDS.get(str(values["kind"]), values["kind"])
        return _given(values.items())

    def _upsert(self, rows: Sequence[SkuRow]) -> list[Verdict]:
        """Upsert by product; a product of which some SKUs are refused comes again without them."""
        found: list[Verdict] = []
        groups: dict[str, list[SkuRow]] = {}
        for one in rows:
            groups.setdefault(one[1], []).append(one)
        while groups:
            outcomes = self._command([_product(code, group) for code, group in groups.items()])
            again: dict[str, list[SkuRow]] = {}
            for (code, group), outcome in zip(groups.items(), outcomes, strict=True):
                if isinstance(outcome, Refused):
                    wrong = _wrong_places(outcome, len(group))
                    found += [
                        _refusal(row, sku.code, outcome.code, reason)
                        for place, (row, _, _, sku) in enumerate(group)
                        if (reason := wrong.get(place))
                    ]
                    left = [one for place, one in enumerate(group) if place not in wrong]
                    again |= {code: left} if left else {}
                else:
                    found += [_told(row, sku, outcome.value) for row, _, _, sku in group]
            groups = again
        return found

    def _command(self, batch: Sequence[UpsertProduct]) -> Sequence[Outcome[ProductAnswer]]:
        if not self.run.is_dry_run:
            return upsert_products(batch, now=self.run.clock())
        outcomes, self._assumed = preview_products(
            batch, now=self.run.clock(), assumed=self._assumed
        )
        return outcomes


def _product(code: str, group: Sequence[SkuRow]) -> UpsertProduct:
    name = next((one[2] for one in group if one[2]), "")
    product = ProductRequest(code=code, name=name or UNSET, skus=[one[3] for one in group])
    return UpsertProduct(product, IMPORTER)


def _wrong_places(refused: Refused, count: int) -> dict[int, str]:
    """Return the reasons by SKU; all of them where the product itself is refused."""
    wrong: dict[int, str] = {}
    for fault in refused.errors:
        match = _SKU_PLACE.match(fault.loc)
        if match:
            wrong.setdefault(int(match[1]), f"{fault.loc[match.end() + 1 :]}: {fault.msg}")
    return wrong or dict.fromkeys(range(count), refused.detail)


def _told(row: SourceRow, sku: SkuRequest, answer: ProductAnswer) -> Verdict:
    if sku.code in answer.skus_created:
        return Verdict(row, sku.code, ADDED)
    return Verdict(row, sku.code, CHANGED if sku.code in answer.skus_changed else KNOWN)


# --- stock ----------------------------------------------------------------------------------


@dataclass(slots=True)
class StockImport:
    """Moves stock; every row but a count is moved once, whatever comes again."""

    run: Run
    _seen: Counter[str] = field(default_factory=Counter)

    def take(self, rows: Sequence[SourceRow]) -> list[Verdict]:
        """Import a batch of rows."""
        found: list[Verdict] = []
        sound: list[tuple[SourceRow, MoveStock]] = []
        for row in rows:
            body = _given(row.values.items())
            body["kind"] = _KINDS.get(str(body.get("kind", "count")), body.get("kind", "count"))
            body.setdefault("location", self.run.location)
            try:
                movement = msgspec.convert(body, MovementRequest)
            except msgspec.ValidationError as error:
                found.append(_refusal(row, str(body["sku"]), "invalid-movement", str(error)))
                continue
            sound.append((row, MoveStock(movement, IMPORTER, self._once(row, movement))))
        command = preview_movements if self.run.is_dry_run else move_stock
        outcomes = command([move for _, move in sound], now=self.run.clock()) if sound else []
        for (row, move), outcome in zip(sound, outcomes, strict=True):
            name = move.movement.sku
            if isinstance(outcome, Refused):
                found.append(_refusal(row, name, outcome.code, outcome.detail))
            else:
                is_new = outcome.value.moved and not outcome.replayed
                found.append(Verdict(row, name, ADDED if is_new else KNOWN))
        return found

    def finish(self) -> list[Verdict]:
        """Nothing had to wait."""
        return []

    def _once(self, row: SourceRow, movement: MovementRequest) -> Once | None:
        """Return the key of a row: its content, under its reference or the file's name.

        A count says what is there, and may be said again; the other kinds would add up.
        """
        if movement.kind == "count":
            return None
        content = fingerprint(
            (movement.reference or row.file).encode(), msgspec.json.encode(movement)
        )
        self._seen[content] += 1
        return Once("import", f"stock {content[:40]} {self._seen[content]}", content)


# --- customers ------------------------------------------------------------------------------


@dataclass(slots=True)
class CustomerImport:
    """Upserts customers by their reference, with an address each."""

    run: Run

    def take(self, rows: Sequence[SourceRow]) -> list[Verdict]:
        """Import a batch of rows."""
        found: list[Verdict] = []
        sound: list[tuple[SourceRow, UpsertCustomer]] = []
        for row in rows:
            ref = str(row.values["ref"])
            try:
                customer = msgspec.convert(_customer(row), CustomerWish)
            except msgspec.ValidationError as error:
                found.append(_refusal(row, ref, "invalid-customer", str(error)))
                continue
            sound.append((row, UpsertCustomer(customer, IMPORTER)))
        command = preview_customers if self.run.is_dry_run else upsert_customers
        outcomes = command([wish for _, wish in sound], now=self.run.clock()) if sound else []
        for (row, wish), outcome in zip(sound, outcomes, strict=True):
            name = wish.customer.ref
            if isinstance(outcome, Refused):
                found.append(_refusal(row, name, outcome.code, outcome.detail))
            elif outcome.value.created:
                found.append(Verdict(row, name, ADDED))
            else:
                found.append(Verdict(row, name, CHANGED if outcome.value.changed else KNOWN))
        return found

    def finish(self) -> list[Verdict]:
        """Nothing had to wait."""
        return []


def _customer(row: SourceRow) -> dict[str, Any]:
    values = _given(row.values.items())
    address = {
        name.removeprefix("address."): values.pop(name)
        for name in list(values)
        if name.startswith("address.")
    }
    if address:
        address.setdefault("name", values.get("name", ""))
        address.setdefault("phone", values.get("phone", ""))
        values["address"] = address
    return values
