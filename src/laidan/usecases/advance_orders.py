"""Moves orders along their blueprints: every transition, and holds."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import msgspec

from laidan.blueprints import decisions
from laidan.blueprints.model import SAME, Transition
from laidan.domain.catalog import store as catalog
from laidan.domain.catalog.core import Sku
from laidan.domain.orders.core import CANCEL_REASONS
from laidan.domain.orders.rows import OrderRow
from laidan.domain.payments import store as payments
from laidan.domain.stock import store as stock
from laidan.domain.stock.core import Shelf
from laidan.engine import epochs, idempotency, unit
from laidan.engine.sealing import Keyring, keyring
from laidan.kernel.actor import BUYER, PROVIDER, TIMER
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases import effects, holding, needing
from laidan.usecases.answers import CODEC, Happening, OrderAnswer
from laidan.usecases.drafts import Entropy
from laidan.usecases.moments import past_instant
from laidan.usecases.restating import Kept, not_found, restate, version_conflict
from laidan.usecases.scene import Effect, Scene
from laidan.usecases.transition_requests import Advance, TransitionInputs
from laidan.usecases.working import Changes, Work, load_works, write_changes

BATCH_MAX = 1000
POSTPONED = timedelta(hours=1)
"""When the clock asks again after a deadline's transition was refused."""
_inputs_text = msgspec.json.Encoder().encode


@needing.asks_inside(
    decisions.HOLD,
    *(f"orders.transition.{act}" for act in decisions.ACTS),
    why="decisions.refusal knows which one the order's blueprint means",
)
def advance_orders(
    batch: Sequence[Advance], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[OrderAnswer]]:
    """Take a transition for each order; one outcome per request, in the order given.

    Locks: the orders, then the balances that they claim, each in key order.
    Refuses: not-found, version-conflict, not-due, unknown-transition, forbidden,
    transition-refused (with the guard's code), invalid-request, out-of-stock,
    refund-exceeds-captured, duplicate-payment, idempotency-conflict.
    Events: one per transition, named by the blueprint (order.paid, order.shipped …).
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} orders")
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def _attempt(
    batch: Sequence[Advance], *, now: datetime, entropy: Entropy
) -> list[Outcome[OrderAnswer]]:
    mint = Mint(now, entropy)

    def once(fresh: Sequence[Advance]) -> list[Outcome[OrderAnswer]]:
        advancer = _load(fresh, now, mint)
        outcomes = [advancer.decide(request) for request in fresh]
        write_changes(advancer.changes, now, mint)
        payments.write_closing(advancer.cancelled(), now)
        return outcomes

    return idempotency.answer_once(batch, once, CODEC, now=now, mint=mint)


def _load(batch: Sequence[Advance], now: datetime, mint: Mint) -> Advancer:
    """Lock what a batch of requests names."""
    wanted: dict[str, list[str]] = {}
    for request in batch:
        wanted.setdefault(request.order, []).append(request.transition)
    references = {name for one in batch if (name := one.inputs.money_name) is not None}
    return load(wanted, references, now=now, mint=mint)


def load(
    wanted: Mapping[str, Collection[str]],
    references: Collection[tuple[str, str]],
    *,
    now: datetime,
    mint: Mint,
) -> Advancer:
    """Lock orders (by id or number) with all that hangs on them, and the balances they may touch.

    `wanted` holds the transitions that each may take, `references` those that payments may bring.
    """
    at = epochs.read()
    works, ids = load_works(set(wanted), at)
    ids |= {id_: id_ for id_ in works}
    codes = {line.sku_code for work in works.values() for line in work.lines}
    skus = catalog.load_skus(codes, at)
    claimed = {one.balance_id for work in works.values() for one in work.allocations}
    reviving = [
        works[ids[name]]
        for name, transitions in wanted.items()
        if name in ids and any(_reserves(works[ids[name]], one) for one in transitions)
    ]
    needed = {
        sku_id
        for work in reviving
        for line in work.lines
        for sku_id in (line.sku_id, *(part.sku_id for part in skus[line.sku_code].components))
    }
    places = {location for work in reviving for location in work.shop.locations}
    balances = stock.load_claimed_balances(claimed, needed, places) if claimed or needed else []
    taken = payments.load_references(references) if references else set()
    changes = Changes(shelf=Shelf(balances), works=works)
    return Advancer(changes, ids, skus, taken, now=now, mint=mint, keys=keyring())


def _reserves(work: Work, name: str) -> bool:
    """Say whether a transition may reserve, in whatever state the batch meets the order then."""
    return any(
        "reserve" in (*transition.effects, *(e for b in transition.branches for e in b.effects))
        for transition in work.blueprint.transitions.get(name, ())
    )


class Advancer:
    """Decides transitions one after the other; issues no query and reads no clock."""

    def __init__(  # noqa: PLR0913 - what was loaded, one by one
        self,
        changes: Changes,
        ids: dict[str, str],
        skus: dict[str, Sku],
        references: set[tuple[str, str, str]],
        *,
        now: datetime,
        mint: Mint,
        keys: Keyring,
    ) -> None:
        self.changes = changes
        self._ids = ids
        self._skus = skus
        self._references = references
        self._now = now
        self._mint = mint
        self._keys = keys

    def cancelled(self) -> list[str]:
        """Return the orders that the batch cancelled: nobody shall pay them any more."""
        works = self.changes.works.items()
        return [id_ for id_, one in works if one.row.category == "cancelled" != one.loaded.category]

    def work_named(self, name: str) -> Work | None:
        """Return the order of an id or number, None where there is none."""
        return self.changes.works.get(self._ids.get(name, ""))

    def decide(self, request: Advance) -> Outcome[OrderAnswer]:
        """Take one transition, or say why not; a refusal leaves no trace."""
        work = self.work_named(request.order)
        here = work.seen_by(request.actor) if work is not None else None
        if work is None or here is None:
            return not_found(request.order)
        if here is not request.actor:
            request = msgspec.structs.replace(request, actor=here)
        if request.version is not None and request.version != work.row.version:
            return version_conflict(work.row.version, request.version)
        if request.actor.kind == TIMER and not self._is_due(work, request.transition):
            return Refused("not-due", "The deadline has passed to somebody else or moved.")
        if request.transition in ("hold", "release"):
            return self._hold(work, request)
        standing = work.standing(self._now)
        if request.actor.kind == PROVIDER:
            # Money that came does not wait until an order is released.
            standing = standing._replace(holds=frozenset())
        allowed = decisions.refusal(work.blueprint, request.transition, standing, request.actor)
        if isinstance(allowed, Refused):
            return self._postponed(work, request, allowed)
        at = self._instant(request.inputs)
        if isinstance(at, Refused):
            return at
        return self._take(work, allowed, request, at)

    def _take(
        self, work: Work, transition: Transition, request: Advance, at: datetime
    ) -> Outcome[OrderAnswer]:
        before, kept = work.row, Kept.of(work, self.changes.shelf)
        changes, references = self.changes.beginning(), self._references
        if request.inputs.reference is not None:
            # What a refused request took note of must not stand against the next one.
            references = set(references)
        scene = Scene(changes, self._skus, references, self._mint, self._now, request.actor, at)
        refused = effects.apply(transition.effects, work, request.inputs, scene)
        branch = decisions.target(transition.branches, work.standing(self._now))
        if refused is None:
            refused = effects.apply(branch.effects, work, request.inputs, scene)
        if refused is not None:
            kept.restore(work, changes)
            return self._postponed(work, request, refused)
        self.changes.merge(changes)
        self._references = references
        state = before.state if branch.state == SAME else branch.state
        self._enter_state(work, state, request)
        return self.commit(work, before, transition.event, request)

    def note(self, request: Advance, type_: str, effect: Effect) -> Outcome[OrderAnswer]:
        """Tell of what happened whatever the order's state: an effect, and no step of its life.

        `request.transition` must be no name of a blueprint's transition.
        """
        work = self.changes.works[self._ids[request.order]]
        before, kept = work.row, Kept.of(work, self.changes.shelf)
        changes, references = self.changes.beginning(), set(self._references)
        at = self._instant(request.inputs)
        if isinstance(at, Refused):
            return at
        scene = Scene(changes, self._skus, references, self._mint, self._now, request.actor, at)
        refused = effect(work, request.inputs, scene)
        if refused is not None:
            kept.restore(work, changes)
            return refused
        self.changes.merge(changes)
        self._references = references
        self._enter_state(work, work.row.state, request)
        return self.commit(work, before, type_, request)

    def _enter_state(self, work: Work, state_code: str, request: Advance) -> None:
        """Set the state, and the instants and deadlines that follow from it."""
        row, blueprint, now = work.row, work.blueprint, self._now
        state = blueprint.states[state_code]
        if state_code != row.state:
            row = row._replace(state=state_code, category=state.category, state_since_at=now)
            if state.category == "cancelled":
                reason = request.inputs.reason or ""
                usual = {TIMER: "expired", BUYER: "buyer"}.get(request.actor.kind, "staff")
                row = row._replace(
                    cancelled_at=now, cancel_reason=reason if reason in CANCEL_REASONS else usual
                )
            elif state.category == "completed":
                row = row._replace(completed_at=now)
        instants = {
            "state": row.state_since_at,
            "placed": row.placed_at,
            "paid": row.paid_at,
            "shipped": row.shipped_at,
            "delivered": row.delivered_at,
            "completed": row.completed_at,
        }
        due = decisions.due(blueprint, state_code, instants)
        late_at = decisions.late_at(blueprint, state_code, row.state_since_at)
        if row.units and row.units_shipped >= row.units:
            late_at = None
        work.row = row._replace(
            deadline_at=due.at if due else None,
            deadline_name=due.transition if due else None,
            late_at=late_at,
        )

    def _hold(self, work: Work, request: Advance) -> Outcome[OrderAnswer]:
        before = work.row
        refused = holding.hold_or_release(work, self.changes, request, self._mint, self._now)
        if refused is not None:
            return refused
        event = "order.held" if request.transition == "hold" else "order.released"
        return self.commit(work, before, event, request)

    def commit(
        self, work: Work, before: OrderRow, type_: str, request: Advance
    ) -> Done[OrderAnswer]:
        """Write the event that restates the order, and answer with it."""
        detail = _inputs_text(
            {n: v for n, v in msgspec.structs.asdict(request.inputs).items() if v is not None}
        ).decode()
        return Done(
            restate(
                work, before, self.changes, keys=self._keys, mint=self._mint, now=self._now,
                told=Happening(
                    type_, request.transition, detail, request.actor.label, request.origin
                ),
            )
        )  # fmt: skip

    def _is_due(self, work: Work, transition: str) -> bool:
        due = work.row.deadline_at
        return due is not None and due <= self._now and work.row.deadline_name == transition

    def _postponed(self, work: Work, request: Advance, refused: Refused) -> Refused:
        """Put a refused deadline off, so that it does not stand before all others for ever."""
        if request.actor.kind == TIMER:
            work.row = work.row._replace(deadline_at=self._now + POSTPONED)
        return refused

    def _instant(self, inputs: TransitionInputs) -> datetime | Refused:
        if inputs.at is None:
            return self._now
        return past_instant("at", inputs.at, self._now)
