"""Takes one act for many orders: a transition, a hold, a tag, an assignment; and takes it back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from laidan.domain.orders import store as orders
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases import advance_orders, assign_orders, tag_orders
from laidan.usecases.tag_orders import Tag
from laidan.usecases.transition_requests import Advance, TransitionInputs
from laidan.usecases.view_requests import Assign

BATCH_MAX = 200
TAG, UNTAG, ASSIGN, HOLD, RELEASE = "tag", "untag", "assign", "hold", "release"


class ManyAct(msgspec.Struct, frozen=True, omit_defaults=True):
    """One act for many orders; `value` is the tag, or the name or id of who shall look after them."""

    name: str
    value: str = ""
    inputs: TransitionInputs = TransitionInputs()


class Acted(msgspec.Struct, frozen=True):
    """What was done to an order: whether anything changed, and which acts take it back."""

    order_id: str
    changed: bool
    back: tuple[ManyAct, ...] = ()


def act_on_orders(
    order_ids: Sequence[str], act: ManyAct, *, actor: Actor, now: datetime
) -> list[Outcome[Acted]]:
    """Take the act for each order (by id); one outcome per order, in the order given.

    Locks, refuses and tells what advance_orders, amend_orders and assign_orders do.
    """
    if len(order_ids) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} orders")
    if act.name in (TAG, UNTAG):
        return _tagged(order_ids, act, actor, now)
    if act.name == ASSIGN:
        return _assigned(order_ids, act, actor, now)
    return _advanced(order_ids, act, actor, now)


def _tagged(
    order_ids: Sequence[str], act: ManyAct, actor: Actor, now: datetime
) -> list[Outcome[Acted]]:
    is_off = act.name == UNTAG
    back = ManyAct(TAG if is_off else UNTAG, act.value)
    asked = [Tag(order_id, act.value, actor, is_off) for order_id in order_ids]
    answers = tag_orders.tag_orders(asked, now=now)
    return [
        answer
        if isinstance(answer, Refused)
        else Done(Acted(order_id, answer.value, (back,) if answer.value else ()))
        for order_id, answer in zip(order_ids, answers, strict=True)
    ]


def _assigned(
    order_ids: Sequence[str], act: ManyAct, actor: Actor, now: datetime
) -> list[Outcome[Acted]]:
    asked = [Assign(order_id, act.value, actor) for order_id in order_ids]
    answers = assign_orders.assign_orders(asked, now=now)
    return [
        answer
        if isinstance(answer, Refused)
        else Done(Acted(order_id, changed=True, back=(ManyAct(ASSIGN, answer.value.before or ""),)))
        for order_id, answer in zip(order_ids, answers, strict=True)
    ]


def _advanced(
    order_ids: Sequence[str], act: ManyAct, actor: Actor, now: datetime
) -> list[Outcome[Acted]]:
    holds = orders.load_holds(order_ids) if act.name == RELEASE else {}
    rows = orders.load_orders(order_ids, lock=False) if act.inputs.reference else {}
    names = [rows[one].order_no if one in rows else "" for one in order_ids]
    asked = [
        Advance(order_id, act.name, actor, inputs_for(act, name))
        for order_id, name in zip(order_ids, names, strict=True)
    ]
    answers = advance_orders.advance_orders(asked, now=now)
    outcomes: list[Outcome[Acted]] = []
    for order_id, answer in zip(order_ids, answers, strict=True):
        if isinstance(answer, Refused):
            outcomes.append(answer)
            continue
        back = back_of(act, [(one.scope, one.reason) for one in holds.get(order_id, [])])
        outcomes.append(Done(Acted(order_id, changed=True, back=back)))
    return outcomes


def inputs_for(act: ManyAct, order_no: str) -> TransitionInputs:
    """Return what one of many orders is told: a reference is that of one payment alone."""
    reference = act.inputs.reference
    if reference is None:
        return act.inputs
    return msgspec.structs.replace(act.inputs, reference=f"{reference}/{order_no}")


def back_of(act: ManyAct, holds: Sequence[tuple[str, str]]) -> tuple[ManyAct, ...]:
    """Return what takes a hold or a release back; `holds` are (scope, reason) before it."""
    if act.name == HOLD:
        return (ManyAct(RELEASE, inputs=TransitionInputs(scope=act.inputs.scope or "order")),)
    if act.name != RELEASE:
        return ()
    return tuple(
        ManyAct(HOLD, inputs=TransitionInputs(scope=scope, reason=reason or None))
        for scope, reason in holds
        if act.inputs.scope in (None, scope)
    )


# --- taking back ----------------------------------------------------------------------------


def way_back(outcomes: Sequence[Outcome[Acted]]) -> dict[str, list[str]]:
    """Return the orders by the act that takes back what was done to them; acts as JSON text."""
    steps: dict[str, list[str]] = {}
    for outcome in outcomes:
        if isinstance(outcome, Done):
            for act in outcome.value.back:
                text = json.dumps(msgspec.to_builtins(_without_defaults(act)), sort_keys=True)
                steps.setdefault(text, []).append(outcome.value.order_id)
    return steps


def _without_defaults(act: ManyAct) -> dict[str, object]:
    inputs = {
        name: value for name, value in msgspec.to_builtins(act.inputs).items() if value is not None
    }
    return {"name": act.name, "value": act.value, "inputs": inputs}


def text_of(acts: Sequence[ManyAct]) -> str:
    """Return acts as the text that `acts_of` reads; nothing for none."""
    return json.dumps([_without_defaults(act) for act in acts], sort_keys=True) if acts else ""


def acts_of(text: str) -> list[ManyAct]:
    """Return the acts that a text tells."""
    return msgspec.json.decode(text, type=list[ManyAct]) if text else []


def read_steps(steps: dict[str, list[str]]) -> Iterator[tuple[ManyAct, list[str]]]:
    """Yield the acts that take something back, each with a batch of orders."""
    for text, order_ids in steps.items():
        act = msgspec.json.decode(text, type=ManyAct)
        for start in range(0, len(order_ids), BATCH_MAX):
            yield act, order_ids[start : start + BATCH_MAX]


def take_back(steps: dict[str, list[str]], *, actor: Actor, now: datetime) -> list[Outcome[Acted]]:
    """Take back what was done to orders; one outcome for each act and order."""
    return [
        outcome
        for act, order_ids in read_steps(steps)
        for outcome in act_on_orders(order_ids, act, actor=actor, now=now)
    ]
