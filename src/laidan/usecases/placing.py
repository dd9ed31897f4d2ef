"""The pure part of placing orders: what each request of a batch becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from laidan.domain.channels.core import Shop
from laidan.domain.stock.core import Shortage
from laidan.kernel.outcome import Done, Refused, invalid
from laidan.usecases import order_lines
from laidan.usecases.answers import OrderAnswer
from laidan.usecases.drafts import Decision, Draft, Known
from laidan.usecases.needing import LINKED
from laidan.usecases.order_requests import Placing
from laidan.usecases.pricing import Reference, draft_of
from laidan.usecases.repeated_orders import duplicate

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
        self._ready = known.ready
        self._reference = Reference(known.skus, known.blueprints)
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
        self._decision.outcomes += [d if isinstance(d, Refused) else LINKED for d in drafts]

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
        draft = self._ready.get(id(request)) or draft_of(request, shop, self._reference, self._now)
        if isinstance(draft, Refused):
            return draft
        refused = self._take_references(draft) if draft.captures or draft.refunds else None
        if refused is None and draft.demands:
            refused = self._reserve(draft)
        return refused or draft

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

    def _take_references(self, draft: Draft) -> Refused | None:
        """Note the payments taken already: each belongs to one order."""
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
        answer = self._known.shelf.reserve(draft.demands, draft.shop.locations, self._new_id)
        if answer and isinstance(answer[0], Shortage):
            shortages: list[Shortage] = answer
            self._forget_references(draft)
            return order_lines.out_of_stock(shortages, self._known.skus)
        draft.claims = answer  # type: ignore[assignment]  # shortages returned above
        return None


def _references(draft: Draft) -> list[tuple[str, str, str]]:
    return [
        (provider, reference, kind)
        for kind, rows in (("capture", draft.captures), ("refund", draft.refunds))
        for provider, reference, _, _ in rows
        if reference is not None
    ]
