"""Placing the orders of a file, batch by batch: each batch is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from laidan.domain.orders import store as orders
from laidan.domain.orders.rows import OrderRow
from laidan.interfaces.files.drafts import DraftOrder
from laidan.interfaces.files.faults import RowError
from laidan.interfaces.files.importing import missing
from laidan.interfaces.files.importing.account import Account, Sink
from laidan.interfaces.files.importing.conversion import Target, request_of
from laidan.kernel.money import NotAnAmountError, parse_minor
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.answers import OrderAnswer
from laidan.usecases.order_requests import Placing
from laidan.usecases.place_orders import place_orders
from laidan.usecases.preview_orders import Assumed, preview_orders

Requests = Sequence[tuple[DraftOrder, Placing]]
Placer = Callable[[Requests, datetime], Sequence[Outcome[OrderAnswer]]]
"""Places the orders of a batch: at once, or with a job's results in the same transaction."""

ORDERS_MAX = 500
LINES_MAX = 4000
"""A batch ends at either; a killed import loses at most the batch in hand, and comes again."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the orders are to be taken."""

    target: Target
    time_zone: str
    creates_missing: bool = False
    is_dry_run: bool = False


def _place_all(requests: Requests, now: datetime) -> Sequence[Outcome[OrderAnswer]]:
    return place_orders([request for _, request in requests], now=now)


@dataclass(slots=True)
class OrderImport:
    """One run: takes the stream of drafts and keeps the account."""

    wishes: Wishes
    clock: Callable[[], datetime]
    errors: Sink
    account: Account = field(default_factory=Account)
    place: Placer = field(default_factory=lambda: _place_all)
    _seen_skus: set[str] = field(default_factory=set)

    def run(self, stream: Iterator[DraftOrder | RowError]) -> Iterator[Account]:
        """Import a stream; yields the account after each batch."""
        batch: list[DraftOrder] = []
        lines = 0
        for item in self.account.reading.watch(stream):
            if isinstance(item, RowError):
                self._tell(item)
                continue
            self.account.read += 1
            batch.append(item)
            lines += len(item.lines)
            if len(batch) >= ORDERS_MAX or lines >= LINES_MAX:
                self.take(batch)
                batch, lines = [], 0
                yield self.account
        if batch:
            self.take(batch)
        yield self.account

    def _tell(self, error: RowError) -> None:
        self.errors.add(error)
        self.account.note(error)

    def take(self, drafts: list[DraftOrder]) -> list[tuple[DraftOrder, Outcome[OrderAnswer]]]:
        """Import a batch; returns the orders that came to be placed with their outcomes."""
        fresh = self._without_own(drafts)
        requests: list[tuple[DraftOrder, Placing]] = []
        for draft in fresh:
            request = request_of(draft, self.wishes.target)
            if isinstance(request, RowError):
                self._refuse(draft, request.code, request.reason)
            else:
                requests.append((draft, request))
        outcomes = self._place(requests) if requests else []
        told = [(draft, one) for (draft, _), one in zip(requests, outcomes, strict=True)]
        for draft, outcome in told:
            self._count(draft, outcome)
        return told

    def _place(self, requests: Requests) -> Sequence[Outcome[OrderAnswer]]:
        now = self.clock()
        lacking = (
            missing.missing_lines(draft for draft, _ in requests)
            if self.wishes.creates_missing
            else {}
        )
        new_shops = self._new_shops(requests) if self.wishes.creates_missing else []
        if self.wishes.is_dry_run:
            self.account.skus_added += len(lacking.keys() - self._seen_skus)
            self._seen_skus.update(lacking)
            skus = missing.assumed_skus(lacking.values())
            shops = {wish.code: missing.assumed_shop(wish) for wish in new_shops}
            placings = [request for _, request in requests]
            return preview_orders(placings, now=now, assumed=Assumed(skus, shops))
        for wish in new_shops:
            missing.open_shop(wish, now=now)
        if lacking:
            # A SKU that is refused leaves its orders refused too, with their own words.
            refused = missing.create_skus(list(lacking.values()), now=now)
            self.account.skus_added += len(lacking) - len(refused)
        return self.place(requests, now)

    def _new_shops(self, requests: Requests) -> list[missing.NewShop]:
        """Return the shops that orders name and that are not there."""
        wanted = {request.order.shop: draft.currency for draft, request in requests}
        return [
            missing.NewShop(code, code, currency, self.wishes.time_zone)
            for code, currency in wanted.items()
            if missing.find_shop(code) is None
        ]

    def _count(self, draft: DraftOrder, outcome: Outcome[OrderAnswer]) -> None:
        if isinstance(outcome, Refused):
            self._refuse(draft, outcome.code, outcome.detail)
        elif isinstance(outcome, Done) and outcome.value.created:
            self.account.added += 1
        else:
            self.account.known += 1

    def _refuse(self, draft: DraftOrder, code: str, reason: str) -> None:
        """Name every row of a refused order in the errors file; count it once."""
        self.account.refused += 1
        self.account.refusals[code] += 1
        source = draft.source
        rows = sorted({source.row, *(line.row for line in draft.lines if line.row)})
        errors = [
            RowError(source.file, row, code, reason, source.sheet, draft.external_no)
            for row in rows
        ]
        self.account.note(errors[0])
        self.errors.refuse(draft, errors)

    def _without_own(self, drafts: list[DraftOrder]) -> list[DraftOrder]:
        """Drop orders that this database exported itself: their order number leads to them."""
        numbers = {draft.order_no for draft in drafts if draft.order_no}
        if not numbers:
            return drafts
        ids = orders.find_order_ids(numbers)
        rows = orders.load_orders(ids.values(), lock=False) if ids else {}
        kept = []
        for draft in drafts:
            row = rows.get(ids.get(draft.order_no, ""))
            if row is not None and _is_same(draft, row):
                self.account.known += 1
                self.errors.know(draft)
            else:
                kept.append(draft)
        return kept


def _is_same(draft: DraftOrder, row: OrderRow) -> bool:
    """Say whether a row is the order that a draft was exported from."""
    try:
        total = parse_minor(f"{draft.total_amount():f}", draft.currency)
    except NotAnAmountError:
        return False
    return (
        (row.external_no or row.order_no) == draft.external_no
        and row.placed_at == draft.placed_at
        and (row.currency, row.total_minor) == (draft.currency, total)
    )
