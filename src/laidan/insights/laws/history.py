"""One walk over all events in order of subject and number, for the laws that read each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from laidan.blueprints import library
from laidan.blueprints.model import SAME, Blueprint
from laidan.engine import bulk_sql, epochs, instants
from laidan.engine.events import NO_HASH, event_hash
from laidan.insights.laws.law import Offence, plain

PAGE = 5000
_BEFORE_ALL = "00000000-0000-0000-0000-000000000000"
_COLUMNS = (
    "e.subject_id, e.seq, e.type, e.at, e.actor, e.payload, e.hash, o.type, o.type_version, "
    "o.state, o.version"
)


class _Step(msgspec.Struct):
    """What an event's payload says of states; an event may say nothing of them."""

    transition: str | None = None
    state_from: str | None = None
    state_to: str | None = None


_decode = msgspec.json.Decoder(_Step).decode


@dataclass(slots=True)
class History:
    """The offenders that one walk finds; it is made when the first of the laws asks."""

    progress: Callable[[int], None]
    _links: list[Offence] | None = None
    _steps: list[Offence] = field(default_factory=list)
    _blueprints: dict[tuple[str, int], Blueprint | None] = field(default_factory=dict)

    def broken_links(self) -> Iterable[Offence]:
        """Return the events whose hash is not what it should be."""
        if self._links is None:
            self._links = []
            self._walk(self._links)
        return self._links

    def strange_steps(self) -> Iterable[Offence]:
        """Return the events whose change of state is not listed."""
        self.broken_links()
        return self._steps

    def _walk(self, links: list[Offence]) -> None:
        subject, previous, state = "", NO_HASH, None
        for count, row in enumerate(_events(), 1):
            if row[0] != subject:
                subject, previous, state = row[0], NO_HASH, None
            if event_hash(previous, *row[:6]) != row[6]:
                links.append({"subject_id": subject, "seq": row[1], "type": row[2]})
            # The chain goes on from what is written: one changed event is one offender, not all
            # that follow it.
            previous = row[6]
            if row[7] is not None:
                state = self._state_after(row, state)
            if count % PAGE == 0:
                self.progress(count)

    def _state_after(self, row: Sequence[Any], before: str | None) -> str | None:
        try:
            step = _decode(row[5])
        except msgspec.MsgspecError:
            self._offend(row, "the payload is not readable")
            return before
        if step.state_to is None:
            return before
        reason = self._objection(step, before, row)
        if reason:
            self._offend(row, reason)
        return step.state_to

    def _objection(self, step: _Step, before: str | None, row: Sequence[Any]) -> str | None:
        """Return why a step may not be in history, or None."""
        blueprint = self._blueprint(row[7], row[8])
        if blueprint is None:
            return f"there is no version {row[8]} of the order type {row[7]}"
        if step.state_to not in blueprint.states:
            return f"the order type has no state {step.state_to}"
        if step.state_from != before:
            return f"it starts at {step.state_from}, the one before ended at {before}"
        if row[1] == row[10] and step.state_to != row[9]:
            return f"it ends at {step.state_to}, the order is {row[9]}"
        return None if _is_listed(step, blueprint) else f"{_shown(step)} is not listed"

    def _blueprint(self, code: str, version: int) -> Blueprint | None:
        key = (code, version)
        if key not in self._blueprints:
            self._blueprints[key] = library.load_blueprints([key], epochs.read()).get(key)
        return self._blueprints[key]

    def _offend(self, row: Sequence[Any], reason: str) -> None:
        self._steps.append({"order": row[0], "seq": row[1], "type": row[2], "reason": reason})


def _is_listed(step: _Step, blueprint: Blueprint) -> bool:
    """Say whether a blueprint lists a step; acts of the program itself do not change the state."""
    if step.state_from is None:
        # The first event: placing, or the import of an order that is further on already.
        return True
    transition = blueprint.find(step.transition or "", step.state_from)
    if transition is None:
        return step.state_from == step.state_to and step.transition not in blueprint.transitions
    targets = {step.state_from if b.state == SAME else b.state for b in transition.branches}
    return step.state_to in targets


def _shown(step: _Step) -> str:
    return f"{step.transition}: {step.state_from} -> {step.state_to}"


def _events() -> Iterator[Sequence[Any]]:
    """Yield every event with its order's type, version, state, in pages by key."""
    subject, seq = _BEFORE_ALL, 0
    while True:
        # The two lower bounds are what the indexes of both tables can start from on every engine;
        # without its own, the orders would be read from the first one for each page.
        page = bulk_sql.rows(
            f"SELECT {_COLUMNS} FROM event e "
            "LEFT JOIN sales_order o ON o.id = e.subject_id AND o.id >= %s "
            "WHERE e.subject_id >= %s AND (e.subject_id > %s OR e.seq > %s) "
            f"ORDER BY e.subject_id, e.seq LIMIT {PAGE}",
            (subject, subject, subject, seq),
        )
        for row in page:
            yield (plain(row[0]), *instants.aware(row)[1:])
        if len(page) < PAGE:
            return
        subject, seq = plain(page[-1][0]), page[-1][1]
