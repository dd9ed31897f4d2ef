"""Turning rows of stock and customers into commands: one request for each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from laidan.engine.idempotency import Once, fingerprint
from laidan.interfaces.files.importing.master import (
    ADDED,
    CHANGED,
    KIND_WORDS,
    KNOWN,
    Run,
    Verdict,
    given_of,
    refusal_of,
)
from laidan.interfaces.files.importing.master_files import SourceRow
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.customer_requests import CustomerWish, UpsertCustomer
from laidan.usecases.move_stock import move_stock, preview_movements
from laidan.usecases.movement_requests import MovementRequest, MoveStock
from laidan.usecases.upsert_customers import preview_customers, upsert_customers


@dataclass(slots=True)
class StockImport:
    """Moves stock; every row but a count is moved once, whatever comes again."""

    run: Run
    _seen: Counter[str] = field(default_factory=Counter)

    def take(self, rows: Sequence[SourceRow]) -> list[Verdict]:
        """Import a batch of rows."""
        found: list[Verdict] = []
        sound: list[tuple[SourceRow, str, MoveStock]] = []
        for row in rows:
            move = self._move(row)
            if isinstance(move, Verdict):
                found.append(move)
            else:
                sound.append((row, move.movement.sku, move))
        command = preview_movements if self.run.is_dry_run else move_stock
        outcomes = self.run.carry(sound, partial(command, now=self.run.clock()), _moved)
        return found + _verdicts(sound, outcomes, _moved)

    def skip(self, rows: Sequence[SourceRow]) -> None:
        """Count rows that came in before: identical rows of one file are as many movements."""
        for row in rows:
            self._move(row)

    def finish(self) -> list[Verdict]:
        """Nothing had to wait."""
        return []

    def _move(self, row: SourceRow) -> MoveStock | Verdict:
        body = given_of(row.values.items())
        body["kind"] = KIND_WORDS.get(str(body.get("kind", "count")), body.get("kind", "count"))
        body.setdefault("location", self.run.location)
        try:
            movement = msgspec.convert(body, MovementRequest)
        except msgspec.ValidationError as error:
            return refusal_of(row, str(body["sku"]), "invalid-movement", str(error))
        return MoveStock(movement, self.run.actor, self._once(row, movement))

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


@dataclass(slots=True)
class CustomerImport:
    """Upserts customers by their reference, with an address each."""

    run: Run

    def take(self, rows: Sequence[SourceRow]) -> list[Verdict]:
        """Import a batch of rows."""
        found: list[Verdict] = []
        sound: list[tuple[SourceRow, str, UpsertCustomer]] = []
        for row in rows:
            ref = str(row.values["ref"])
            try:
                customer = msgspec.convert(_customer(row), CustomerWish)
            except msgspec.ValidationError as error:
                found.append(refusal_of(row, ref, "invalid-customer", str(error)))
                continue
            sound.append((row, ref, UpsertCustomer(customer, self.run.actor)))
        command = preview_customers if self.run.is_dry_run else upsert_customers
        outcomes = self.run.carry(sound, partial(command, now=self.run.clock()), _upserted)
        return found + _verdicts(sound, outcomes, _upserted)

    def skip(self, rows: Sequence[SourceRow]) -> None:
        """A customer depends on no row before it."""

    def finish(self) -> list[Verdict]:
        """Nothing had to wait."""
        return []


def _moved(outcome: Done[Any]) -> str:
    return ADDED if outcome.value.moved and not outcome.replayed else KNOWN


def _upserted(outcome: Done[Any]) -> str:
    if outcome.value.created:
        return ADDED
    return CHANGED if outcome.value.changed else KNOWN


def _verdicts(
    carried: Sequence[tuple[SourceRow, str, Any]],
    outcomes: Sequence[Outcome[Any]],
    word: Callable[[Done[Any]], str],
) -> list[Verdict]:
    return [
        refusal_of(row, name, outcome.code, outcome.detail)
        if isinstance(outcome, Refused)
        else Verdict(row, name, word(outcome))
        for (row, name, _), outcome in zip(carried, outcomes, strict=True)
    ]


def _customer(row: SourceRow) -> dict[str, Any]:
    values = given_of(row.values.items())
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
