"""The pure part of upserting products: what each request of a batch becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UnsetType

from laidan.domain.catalog.documents import product_document
from laidan.domain.catalog.rows import ProductRow, SkuRow
from laidan.domain.stock.core import Balance
from laidan.engine import events
from laidan.kernel.ids import Mint
from laidan.kernel.money import NotAnAmountError
from laidan.kernel.outcome import Done, Fault, Outcome, Refused
from laidan.kernel.quantity import format_quantity, parse_quantity
from laidan.usecases import sku_terms
from laidan.usecases.catalogue import Decision, Known, ProductAnswer
from laidan.usecases.product_requests import SkuRequest, UpsertProduct
from laidan.usecases.texts import name_faults

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Draft:
    """One product on its way through the decision; nothing of it is kept until it is accepted."""

    product: ProductRow
    skus: dict[str, SkuRow] = field(default_factory=dict)
    components: dict[str, dict[str, int]] = field(default_factory=dict)
    barcodes: dict[str, set[str]] = field(default_factory=dict)


class Decider:
    """Folds a batch into a decision; issues no query and reads no clock."""

    def __init__(self, known: Known, *, now: datetime, mint: Mint) -> None:
        self._known = known
        self._now = now
        self._mint = mint
        self._state = known.catalogue.copy()
        self._heads = dict(known.heads)
        self._decision = Decision(self._state)

    def run(self, batch: Sequence[UpsertProduct]) -> Decision:
        """Return the decision on the batch."""
        for request in batch:
            self._decision.outcomes.append(self._decide(request))
        return self._decision

    def _decide(self, request: UpsertProduct) -> Outcome[ProductAnswer]:
        old = self._state.products.get(request.product.code)
        product = old or ProductRow(
            self._mint.new(), request.product.code, request.product.code, self._now, self._now
        )
        product = product._replace(name=sku_terms.given(request.product.name, product.name))
        draft = _Draft(product)
        found = list(name_faults(product.code, "code"))
        found += name_faults(product.name, "name")
        refused = self._draft_skus(request, draft, found)
        if refused is None and not found:
            refused = self._draft_parts(request, draft, found)
        if found:
            words = "; ".join(f"{fault.loc}: {fault.msg}" for fault in found[:3])
            return Refused("invalid-product", words, 422, tuple(found))
        refused = refused or self._uses_refusal(draft) or self._barcode_refusal(draft)
        return refused or Done(self._accept(request, draft, is_new=old is None))

    # --- deciding ---------------------------------------------------------------------------

    def _draft_skus(
        self, request: UpsertProduct, draft: _Draft, found: list[Fault]
    ) -> Refused | None:
        """Lay the request's SKUs over what they were."""
        for place, wish in enumerate(request.product.skus):
            loc = f"skus[{place}]"
            base = self._state.skus.get(wish.code)
            if base is not None and base.product_id != draft.product.id:
                return _conflict(
                    "sku-taken", f"{loc}.code", f"{wish.code!r} is a SKU of another product"
                )
            if wish.code in draft.skus:
                found.append(Fault(f"{loc}.code", f"{wish.code!r} is named twice"))
                continue
            if base is None:
                named = (draft.product.id, draft.product.name)
                base = sku_terms.new_sku(wish, self._mint.new(), named, self._now)
            row = sku_terms.wanted(base, wish, loc)
            if isinstance(row, list):
                found += row
            else:
                draft.skus[row.code] = row
        return None

    def _draft_parts(
        self, request: UpsertProduct, draft: _Draft, found: list[Fault]
    ) -> Refused | None:
        """Find the components of bundles, among the request's own SKUs too, and the barcodes."""
        for place, wish in enumerate(request.product.skus):
            loc, row = f"skus[{place}]", draft.skus[wish.code]
            parts = self._components(wish, row, draft, loc)
            if isinstance(parts, Refused):
                return parts
            if isinstance(parts, list):
                found += parts
            elif parts != self._state.components.get(row.id, {}):
                draft.components[row.id] = parts
            if not (isinstance(wish.barcode, UnsetType) and isinstance(wish.barcodes, UnsetType)):
                codes = set(sku_terms.given(wish.barcodes, []))
                if barcode := sku_terms.given(wish.barcode, None):
                    codes.add(barcode)
                for code in codes:
                    found += name_faults(code, f"{loc}.barcode")
                draft.barcodes[row.id] = codes
        return None

    def _components(
        self, wish: SkuRequest, row: SkuRow, draft: _Draft, loc: str
    ) -> dict[str, int] | list[Fault] | Refused:
        listed = wish.components
        if row.kind != "bundle":
            if not isinstance(listed, UnsetType) and listed:
                return [Fault(f"{loc}.components", "only a bundle has components")]
            return {}
        if isinstance(listed, UnsetType):
            parts = self._state.components.get(row.id, {})
        else:
            parts = {}
            for place, part in enumerate(listed):
                at = f"{loc}.components[{place}]"
                sku = draft.skus.get(part.sku) or self._state.skus.get(part.sku)
                if sku is None:
                    return _conflict(
                        "unknown-sku", f"{at}.sku", f"there is no SKU {part.sku!r}", 422
                    )
                fault = _component_fault(sku, parts, at)
                quantity = _part_quantity(part.quantity, sku, at)
                if fault or isinstance(quantity, Fault):
                    return [fault or quantity]  # type: ignore[list-item]  # one of them is a fault
                parts[sku.id] = quantity
        return parts or [Fault(f"{loc}.components", "a bundle needs components")]

    def _uses_refusal(self, draft: _Draft) -> Refused | None:
        """Refuse what stock, orders and bundles that exist do not allow."""
        for place, row in enumerate(draft.skus.values()):
            base = self._state.skus.get(row.code)
            if base is None:
                continue
            for name in ("kind", "decimals"):
                if getattr(base, name) != getattr(row, name) and self._is_counted(row.id, draft):
                    return _conflict(
                        "sku-in-use",
                        f"skus[{place}].{name}",
                        f"{row.code} has stock, orders, price steps or bundles already: its {name} "
                        f"stays {getattr(base, name)}",
                    )
            if base.backorder and not row.backorder:
                held = self._known.balances.get(row.id, ())
                refused = _oversold(row, held, f"skus[{place}].backorder")
                if refused:
                    return refused
        return None

    def _is_counted(self, sku_id: str, draft: _Draft) -> bool:
        if sku_id in self._known.counted:
            return True
        return any(
            sku_id in parts for parts in (self._state.components | draft.components).values()
        )

    def _barcode_refusal(self, draft: _Draft) -> Refused | None:
        owners: dict[str, str] = {}
        places = {row.id: place for place, row in enumerate(draft.skus.values())}
        for sku_id, codes in draft.barcodes.items():
            for code in sorted(codes):
                owner = self._state.barcodes.get(code)
                # What another SKU of this request gives up is free.
                if owner is not None and code not in draft.barcodes.get(owner, {code}):
                    owner = None
                owner = owners.setdefault(code, owner or sku_id)
                if owner != sku_id:
                    return _conflict(
                        "barcode-taken",
                        f"skus[{places[sku_id]}].barcode",
                        f"{code!r} is the barcode of another SKU",
                    )
        return None

    # --- accepting --------------------------------------------------------------------------

    def _accept(self, request: UpsertProduct, draft: _Draft, *, is_new: bool) -> ProductAnswer:
        """Lay a draft over the catalogue; what is as it was stays untouched."""
        state, product = self._state, draft.product
        changed = [
            row.code
            for row in draft.skus.values()
            if row != state.skus.get(row.code)
            or row.id in draft.components
            or draft.barcodes.get(row.id, state.barcodes_of(row.id)) != state.barcodes_of(row.id)
        ]
        created = tuple(code for code in changed if code not in state.skus)
        is_changed = is_new or bool(changed) or product != state.products[product.code]
        if is_changed:
            product = product._replace(updated_at=self._now)
            state.products[product.code] = product
        for code in changed:
            row = draft.skus[code]._replace(updated_at=self._now)
            state.put(row)
            for balance in self._known.balances.get(row.id, ()):
                balance.safety, balance.backorder = row.safety, row.backorder
        state.components.update(draft.components)
        state.set_barcodes(draft.barcodes)
        if is_changed:
            self._announce(request, product, changed, is_new=is_new)
        return ProductAnswer(
            self._document(product, list(draft.skus)), is_new, is_changed, created, tuple(changed)
        )

    def _announce(
        self, request: UpsertProduct, product: ProductRow, changed: list[str], *, is_new: bool
    ) -> None:
        seq, previous = self._heads.get(product.id, (0, events.NO_HASH))
        event = events.chained(
            id=self._mint.new(),
            subject_id=product.id,
            subject_kind="product",
            seq=seq + 1,
            previous_hash=previous,
            type="product.created" if is_new else "product.changed",
            at=self._now,
            actor=request.actor.label,
            payload=_encode({"product": self._document(product, changed)}).decode(),
        )
        self._heads[product.id] = (event.seq, event.hash)
        self._decision.events.append(event)

    def _document(self, product: ProductRow, codes: Sequence[str]) -> dict[str, Any]:
        state = self._state
        listed = []
        for code in codes:
            row = state.skus[code]
            parts = state.components.get(row.id, {}).items()
            listed.append(
                (
                    row,
                    sorted(state.barcodes_of(row.id)),
                    [(state.by_id[part], quantity) for part, quantity in parts],
                )
            )
        return product_document(product, listed)


def _conflict(code: str, loc: str, msg: str, status: int = 409) -> Refused:
    return Refused(code, f"{loc}: {msg}", status, (Fault(loc, msg),))


def _component_fault(sku: SkuRow, parts: Mapping[str, int], at: str) -> Fault | None:
    if sku.kind != "goods":
        return Fault(f"{at}.sku", f"{sku.code} is of kind {sku.kind}; a bundle holds goods")
    if sku.id in parts:
        return Fault(f"{at}.sku", f"{sku.code} is named twice")
    return None


def _part_quantity(value: object, sku: SkuRow, at: str) -> int | Fault:
    try:
        quantity = parse_quantity(value, sku.decimals)
    except NotAnAmountError as error:
        return Fault(f"{at}.quantity", str(error))
    return quantity if quantity > 0 else Fault(f"{at}.quantity", "must be more than 0")


def _oversold(row: SkuRow, balances: Sequence[Balance], loc: str) -> Refused | None:
    lacking = sum(max(0, balance.reserved - balance.on_hand) for balance in balances)
    if not lacking:
        return None
    wanted = format_quantity(lacking, row.decimals)
    detail = (
        f"{row.code} has {wanted} {row.unit} promised beyond what is there: receive them or "
        "cancel orders before backorders end."
    )
    extra: dict[str, object] = {"sku": row.code, "lacking": wanted}
    return Refused("sku-oversold", detail, 409, (Fault(loc, detail),), extra)
