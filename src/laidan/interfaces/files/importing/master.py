"""Turning rows of products, stock and customers into commands, batch by batch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import UNSET

from laidan.interfaces.files.importing.conversion import IMPORTER
from laidan.interfaces.files.importing.master_files import SourceRow
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.catalogue import Catalogue, ProductAnswer
from laidan.usecases.product_requests import ProductRequest, SkuRequest, UpsertProduct
from laidan.usecases.upsert_products import preview_products, upsert_products

T = TypeVar("T")
ADDED, CHANGED, KNOWN = "added", "changed", "known"
_SKU_PLACE = re.compile(r"skus\[(\d+)\]")
KIND_WORDS = {
    "实物": "goods", "虚拟": "virtual", "定制": "custom", "组合": "bundle", "预约": "capacity",
    "入库": "receive", "调整": "adjust", "盘点": "count", "调拨": "transfer", "报废": "scrap",
}  # fmt: skip
"""What Chinese files call kinds of SKUs and movements."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a row: a word, or a refusal; `name` is the code that it is about."""

    row: SourceRow
    name: str
    word: str
    refused: tuple[str, str] | None = None


Carried = Sequence[tuple[SourceRow, str, Any]]
"""Rows with the codes that they are about and the requests that stand for them."""
Command = Callable[[Sequence[Any]], Sequence[Outcome[Any]]]
Carrier = Callable[[Carried, Command, Callable[[Any], str]], Sequence[Outcome[Any]]]
"""Runs a command on requests: alone, or with a job's results in the same transaction.

The last argument says what a `Done` of the command comes to, in a word.
"""


def _alone(
    carried: Carried, command: Command, word: Callable[[Any], str]
) -> Sequence[Outcome[Any]]:
    del word
    return command([request for _, _, request in carried]) if carried else []


@dataclass(frozen=True, slots=True)
class Run:
    """What every import of master data is told."""

    clock: Callable[[], datetime]
    is_dry_run: bool = False
    currency: str = ""
    location: str = ""
    actor: Actor = IMPORTER
    carry: Carrier = _alone


class MasterImport(Protocol):
    """Takes rows and says what became of each; some wait until all others are in."""

    def take(self, rows: Sequence[SourceRow]) -> list[Verdict]:
        """Import a batch of rows."""

    def finish(self) -> list[Verdict]:
        """Import what had to wait."""

    def skip(self, rows: Sequence[SourceRow]) -> None:
        """Take note of rows that an earlier run has imported, as far as later ones depend on it."""


def refusal_of(row: SourceRow, name: str, code: str, reason: str) -> Verdict:
    """Return the verdict on a row that is refused."""
    return Verdict(row, name, "refused", (code, reason))


def _text(value: object) -> object:
    return f"{value:f}" if isinstance(value, Decimal) else value


def given_of(values: Iterable[tuple[str, object]]) -> dict[str, Any]:
    """Return the values that are there, decimals as text."""
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
        found, sound = self._sorted(rows)
        return found + self._upsert(sound)

    def skip(self, rows: Sequence[SourceRow]) -> None:
        """Let the bundles among rows that came in before wait again: they come last."""
        self._sorted(rows)

    def _sorted(self, rows: Sequence[SourceRow]) -> tuple[list[Verdict], list[SkuRow]]:
        """Return what is refused at once and what can be upserted now."""
        found: list[Verdict] = []
        sound: list[SkuRow] = []
        for row in rows:
            code = str(row.values["code"])
            try:
                sku = msgspec.convert(self._sku(row), SkuRequest)
            except (msgspec.ValidationError, ValueError) as error:
                found.append(refusal_of(row, code, "invalid-product", str(error)))
                continue
            product = str(row.values.get("product.code") or code)
            name = str(row.values.get("product.name") or "")
            if not name and product == code and isinstance(sku.name, str):
                name = sku.name
            wait = isinstance(sku.components, list) and sku.components
            (self._bundles if wait else sound).append((row, product, name, sku))
        return found, sound

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
            values["kind"] = KIND_WORDS.get(str(values["kind"]), values["kind"])
        return given_of(values.items())

    def _upsert(self, rows: Sequence[SkuRow]) -> list[Verdict]:
        """Upsert by product; a product of which some SKUs are refused comes again without them."""
        found: list[Verdict] = []
        groups: dict[str, list[SkuRow]] = {}
        for one in rows:
            groups.setdefault(one[1], []).append(one)
        while groups:
            outcomes = self._command(
                [_product(code, group, self.run.actor) for code, group in groups.items()]
            )
            again: dict[str, list[SkuRow]] = {}
            for (code, group), outcome in zip(groups.items(), outcomes, strict=True):
                if isinstance(outcome, Refused):
                    wrong = _wrong_places(outcome, len(group))
                    found += [
                        refusal_of(row, sku.code, outcome.code, reason)
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


def _product(code: str, group: Sequence[SkuRow], actor: Actor) -> UpsertProduct:
    name = next((one[2] for one in group if one[2]), "")
    product = ProductRequest(code=code, name=name or UNSET, skus=[one[3] for one in group])
    return UpsertProduct(product, actor)


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
