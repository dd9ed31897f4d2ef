"""The pure part of placing orders: what each request of a batch becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from laidan.blueprints import fields
from laidan.blueprints.model import Blueprint
from laidan.domain.channels.core import Shop
from laidan.domain.orders import core as orders
from laidan.domain.stock.core import Shortage
from laidan.kernel import money
from laidan.kernel.outcome import Done, Fault, Refused, invalid
from laidan.usecases import order_lines
from laidan.usecases.answers import OrderAnswer
from laidan.usecases.drafts import Decision, Draft, Known, Taken
from laidan.usecases.order_requests import History, PaidRequest, Placing
from laidan.usecases.repeated_orders import duplicate

_EARLIEST_YEAR = 1990
Accept = Callable[[Draft], OrderAnswer]


class Decider:
    """Folds a batch: drafts each request, reserves for it, and has it accepted or refused.

    Issues no query and reads no clock.
    """

    def __init__(
        self, known: Known, decision: Decision, accept: Accept, *, now: datetime,
        new_id: Callable[[], Any],
    ) -> None:  # fmt: skip
        self._known = known
        self._decision = decision
        self._accept = accept
        self._now = now
        self._new_id = new_id
        self._placed: dict[tuple[str, str], tuple[str, OrderAnswer]] = {}
        self._references: set[tuple[str, str, str]] = set(known.references)

    def run(self, batch: Sequence[Placing]) -> None:
        """Decide every request in turn; neighbours with one link share one fate."""
        place = 0
        while place < len(batch):
            end = place + 1
            link = batch[place].link
            while link is not None and end < len(batch) and batch[end].link == link:
                end += 1
            self._decide(batch[place:end])
            place = end

    def _decide(self, chain: Sequence[Placing]) -> None:
        drafts: list[Draft | OrderAnswer | Refused] = []
        for request in chain:
            drafts.append(self._drafted(request, drafts) or self._draft(request))
        if any(isinstance(draft, Refused) for draft in drafts):
            self._refuse(drafts)
            return
        kept: dict[int, OrderAnswer] = {}
        for draft in drafts:
            if isinstance(draft, OrderAnswer):
                self._decision.outcomes.append(Done(draft, replayed=True))
            elif isinstance(draft, Draft) and id(draft) in kept:
                self._decision.outcomes.append(Done(kept[id(draft)].again(), replayed=True))
            elif isinstance(draft, Draft):
                answer = kept[id(draft)] = self._keep(draft)
                self._decision.outcomes.append(Done(answer))

    def _refuse(self, drafts: Sequence[Draft | OrderAnswer | Refused]) -> None:
        """Refuse a chain of which at least one is refused; nothing of it is kept."""
        for draft in {id(draft): draft for draft in drafts}.values():
            self._drop(draft)
        other = Refused("linked-order-refused", "An order linked to this one was refused.")
        self._decision.outcomes += [d if isinstance(d, Refused) else other for d in drafts]

    def _drafted(
        self, request: Placing, drafts: Sequence[Draft | OrderAnswer | Refused]
    ) -> Draft | Refused | None:
        """Return the draft of the same order earlier in its chain, or why this is not the same."""
        order = request.order
        shop = self._known.shops.get(order.shop)
        for draft in drafts if order.external_no is not None else ():
            if not isinstance(draft, Draft) or draft.shop is not shop:
                continue
            earlier = draft.request.order
            if earlier.external_no == order.external_no:
                digests = self._known.digests
                if digests[id(earlier)] == digests[id(order)]:
                    return draft
                return Refused(
                    "duplicate-order",
                    f"The external number {order.external_no!r} is that of an order linked to "
                    "this one, with other content.",
                )
        return None

    def _keep(self, draft: Draft) -> OrderAnswer:
        answer = self._accept(draft)
        number = draft.request.order.external_no
        if number is not None:
            digest = self._known.digests[id(draft.request.order)]
            self._placed[draft.shop.id, number] = (digest, answer)
        return answer

    def _drop(self, draft: Draft | OrderAnswer | Refused) -> None:
        if isinstance(draft, Draft):
            self._known.shelf.undo(draft.claims)
            self._forget_references(draft)

    def _draft(self, request: Placing) -> Draft | OrderAnswer | Refused:
        order = request.order
        shop = self._known.shops.get(order.shop)
        if shop is None:
            hint = f"there is no shop {order.shop!r}" if order.shop else "name the shop"
            return invalid("shop", hint, "unknown-shop")
        if order.external_no is not None:
            known = self._known_order(request, shop, order.external_no)
            if known is not None:
                return known
        blueprint = self._blueprint(request, shop)
        if isinstance(blueprint, Refused):
            return blueprint
        placed_at = self._past_instant("placed_at", order.placed_at)
        if isinstance(placed_at, Refused):
            return placed_at
        return self._priced(request, shop, blueprint, placed_at)

    def _known_order(
        self, request: Placing, shop: Shop, number: str
    ) -> OrderAnswer | Refused | None:
        digest = self._known.digests[id(request.order)]
        earlier = self._placed.get((shop.id, number))
        if earlier is not None:
            kept, answer = earlier
            if kept == digest:
                return answer.again()
            first = f'{{"order":{answer.document.decode()}}}' if answer.document else None
            return duplicate(request.order, answer.order_id, answer.order_no, first)
        taken = self._known.taken.get((shop.id, number))
        if taken is None:
            return None
        order_id, order_no, kept = taken
        if kept == digest:
            return OrderAnswer(order_id, order_no, 0, None, None, ("", 0), None)
        first = self._known.first_documents.get(order_id)
        return duplicate(request.order, order_id, order_no, first)

    def _blueprint(self, request: Placing, shop: Shop) -> Blueprint | Refused:
        order, history = request.order, request.history
        if not shop.is_open and history is None:
            return Refused("shop-closed", f"The shop {shop.code} takes no orders.")
        if order.currency is not None and order.currency != shop.currency:
            return invalid(
                "currency",
                f"the shop {shop.code} sells in {shop.currency}, not in {order.currency!r}",
                "currency-mismatch",
            )
        type_code = order.type or shop.default_type
        blueprint = self._known.blueprints.get((type_code, 0))
        if blueprint is None:
            return invalid("type", f"there is no order type {type_code!r}", "unknown-type")
        found: list[Fault] = []
        if order.priority not in orders.PRIORITIES:
            found.append(Fault("priority", f"must be one of {', '.join(orders.PRIORITIES)}"))
        if order.fields or blueprint.fields:
            found += fields.faults(blueprint.fields, order.fields, "fields")
        if history is not None and history.state not in blueprint.states:
            found.append(Fault("history.state", f"must be one of {', '.join(blueprint.states)}"))
        return order_lines.refused(found) if found else blueprint

    def _past_instant(self, loc: str, text: str | None) -> datetime | Refused:
        if text is None:
            return self._now
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            return invalid(loc, "must be a time such as 2026-11-22T10:00:00+08:00")
        if instant.tzinfo is None:
            return invalid(loc, "must have an offset such as +08:00")
        if instant.year < _EARLIEST_YEAR or instant > self._now + timedelta(days=1):
            return invalid(loc, f"must be between {_EARLIEST_YEAR} and now")
        return instant.astimezone(UTC)

    def _priced(
        self, request: Placing, shop: Shop, blueprint: Blueprint, placed_at: datetime
    ) -> Draft | Refused:
        order, history = request.order, request.history
        lines = order_lines.price_lines(order.lines, self._known.skus, shop, blueprint)
        if isinstance(lines, Refused):
            return lines
        amounts = order_lines.add_up(lines, order.discount, order.shipping_fee, shop.currency)
        if isinstance(amounts, Refused):
            return amounts
        draft = Draft(request, shop, blueprint, lines, amounts, placed_at)
        if order.paid is not None or history is not None:
            refused = self._take_money(draft, order.paid, history)
            if refused is not None:
                return refused
        if history is None and "reserve" in blueprint.placing_effects:
            return self._reserve(draft) or draft
        return draft

    def _take_money(
        self, draft: Draft, paid: PaidRequest | None, history: History | None
    ) -> Refused | None:
        """Note the money that was taken already; a payment belongs to one order."""
        currency = draft.shop.currency
        try:
            if paid is not None:
                at = self._past_instant("paid.at", paid.at)
                if isinstance(at, Refused):
                    return at
                amount = money.parse_minor(paid.amount, currency)
                if amount <= 0:
                    return invalid("paid.amount", "must be more than 0")
                draft.captures.append((paid.provider, paid.reference, amount, at))
            if history is not None:
                draft.captures += _taken(history.captures, currency)
                draft.refunds += _taken(history.refunds, currency)
        except money.NotAnAmountError as error:
            return invalid("paid.amount", str(error))
        if sum(r[2] for r in draft.refunds) > sum(c[2] for c in draft.captures):
            return invalid("history.refunds", "more was refunded than was captured")
        return self._take_references(draft)

    def _take_references(self, draft: Draft) -> Refused | None:
        names = _references(draft)
        for place, name in enumerate(names):
            if name in self._references or name in names[:place]:
                provider, reference, kind = name
                return Refused(
                    "duplicate-payment",
                    f"The {kind} {reference!r} of {provider} belongs to another order already.",
                )
        self._references.update(names)
        return None

    def _forget_references(self, draft: Draft) -> None:
        self._references.difference_update(_references(draft))

    def _reserve(self, draft: Draft) -> Refused | None:
        demands = order_lines.demands_of(list(enumerate(draft.lines, 1)))
        if not demands:
            return None
        answer = self._known.shelf.reserve(demands, draft.shop.locations, self._new_id)
        if answer and isinstance(answer[0], Shortage):
            shortages: list[Shortage] = answer
            self._forget_references(draft)
            return order_lines.out_of_stock(shortages, self._known.skus)
        draft.claims = answer  # type: ignore[assignment]  # shortages returned above
        return None


def _taken(source: Sequence[Any], currency: str) -> list[Taken]:
    return [
        (one.provider, one.reference, money.parse_minor(one.amount, currency), one.at)
        for one in source
    ]


def _references(draft: Draft) -> list[tuple[str, str, str]]:
    return [
        (provider, reference, kind)
        for kind, rows in (("capture", draft.captures), ("refund", draft.refunds))
        for provider, reference, _, _ in rows
        if reference is not None
    ]
