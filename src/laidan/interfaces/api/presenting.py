"""Completes answers about orders that have moved on since they were placed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from laidan.insights import order_documents
from laidan.insights.order_documents import ShownOrder
from laidan.interfaces.api import rendering
from laidan.interfaces.api.rendering import Answer, Viewer
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.answers import OrderAnswer

R = TypeVar("R")
_encode = msgspec.json.Encoder().encode


def answer_one(outcome: Outcome[OrderAnswer], viewer: Viewer, *, is_keyed: bool) -> Answer:
    """Return the answer about one order; may query."""
    return rendering.order(present([outcome])[0], viewer, is_keyed=is_keyed)


def answer_many(
    requests: Sequence[R | Refused],
    found: Sequence[Outcome[OrderAnswer]],
    viewer: Viewer,
    *,
    is_keyed: bool,
) -> Answer:
    """Return the answer to a batch; `found` holds the outcomes of its sound requests."""
    outcomes = iter(present(found))
    merged = [one if isinstance(one, Refused) else next(outcomes) for one in requests]
    return rendering.outcomes(merged, viewer, is_keyed=is_keyed)


def is_unread(outcome: Outcome[OrderAnswer]) -> bool:
    """Say whether an answer lacks its document."""
    return isinstance(outcome, Done) and outcome.value.document is None


def present(found: Sequence[Outcome[OrderAnswer]]) -> list[Outcome[OrderAnswer]]:
    """Return the outcomes with the present documents of those orders that lack theirs."""
    ids = {one.value.order_id for one in found if isinstance(one, Done) and is_unread(one)}
    if not ids:
        return list(found)
    shown = order_documents.load_shown(sorted(ids), now=datetime.now(UTC))
    answers = {one.row.id: _answer(one) for one in shown}
    return [
        replace(one, value=answers[one.value.order_id])
        if isinstance(one, Done) and is_unread(one)
        else one
        for one in found
    ]


def _answer(shown: ShownOrder) -> OrderAnswer:
    row = shown.row
    return OrderAnswer(
        row.id,
        row.order_no,
        row.version,
        _encode(shown.document),
        _encode(shown.contact),
        shown.type_key,
        shown.standing,
    )
