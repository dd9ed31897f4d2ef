"""Keeps and drops drafts of orders: what somebody typed, put aside under his name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from laidan.domain.drafts import store as drafts
from laidan.domain.drafts.store import DraftRow
from laidan.engine import unit
from laidan.engine.sealing import keyring
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint, parse_id
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.needing import needs

BATCH_MAX = 100
BODY_MAX = 200_000


@dataclass(frozen=True, slots=True)
class KeepDraft:
    """A draft as it shall be; `draft` names the one that it replaces, `version` the one seen."""

    body: str
    title: str
    shop: str
    line_count: int
    actor: Actor
    is_shared: bool = False
    draft: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class DropDraft:
    """A draft that is not needed any more."""

    draft: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class DraftAnswer:
    """A draft that was kept, and its version."""

    id: str
    version: int


@needs("orders.place")
def keep_drafts(batch: Sequence[KeepDraft], *, now: datetime) -> list[Outcome[DraftAnswer]]:
    """Keep each draft; one outcome per request, in the order given.

    Locks: the drafts that are replaced. Refuses: forbidden, not-found, version-conflict,
    invalid-request (too long).
    """
    _fits(batch)

    def attempt(requests: Sequence[KeepDraft]) -> list[Outcome[DraftAnswer]]:
        known = _load([request.draft for request in requests if request.draft])
        mint = Mint(now, os.urandom)
        added: dict[str, DraftRow] = {}
        changed: dict[str, DraftRow] = {}
        outcomes: list[Outcome[DraftAnswer]] = []
        for request in requests:
            old = changed.get(request.draft or "") or known.get(request.draft or "")
            refused = _refusal(request, old)
            if refused is not None:
                outcomes.append(refused)
                continue
            row = _row(request, old, mint.new() if old is None else old.id, now)
            (added if old is None else changed)[row.id] = row
            outcomes.append(Done(DraftAnswer(row.id, row.version)))
        drafts.write_drafts(list(added.values()), list(changed.values()))
        return outcomes

    return unit.run_batch(batch, attempt)


@needs("orders.place")
def drop_drafts(batch: Sequence[DropDraft], *, now: datetime) -> list[Outcome[str]]:  # noqa: ARG001 - as every command
    """Drop each draft; dropping what is gone is done already.

    Locks: the drafts. Refuses: forbidden, not-found (of somebody else, and not shared).
    """
    _fits(batch)

    def attempt(requests: Sequence[DropDraft]) -> list[Outcome[str]]:
        known = _load([request.draft for request in requests])
        outcomes: list[Outcome[str]] = []
        for request in requests:
            row = known.get(request.draft)
            if row is not None and not _is_open_to(row, request.actor):
                outcomes.append(_not_found())
            else:
                outcomes.append(Done(request.draft))
        drafts.delete_drafts([one.value for one in outcomes if isinstance(one, Done)])
        return outcomes

    return unit.run_batch(batch, attempt)


def open_draft(draft: str, actor: Actor) -> tuple[DraftRow, str] | None:
    """Return a draft and what was typed in it, None where there is none for this actor."""
    if not actor.may("orders.place") or parse_id(draft) is None:
        return None
    row = drafts.load_drafts([draft], lock=False).get(draft)
    if row is None or not _is_open_to(row, actor):
        return None
    return row, keyring().unseal(row.sealed, row.id)


def _fits(batch: Sequence[object]) -> None:
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} drafts")


def _load(ids: Sequence[str]) -> dict[str, DraftRow]:
    wanted = [id_ for id_ in ids if parse_id(id_) is not None]
    return drafts.load_drafts(wanted, lock=True) if wanted else {}


def _is_open_to(row: DraftRow, actor: Actor) -> bool:
    return row.is_shared or row.owner == actor.label


def _not_found() -> Refused:
    return Refused("not-found", "There is no such draft.", 404)


def _refusal(request: KeepDraft, old: DraftRow | None) -> Refused | None:
    if request.draft and (old is None or not _is_open_to(old, request.actor)):
        return _not_found()
    if old is not None and request.version is not None and request.version != old.version:
        return Refused("version-conflict", "Somebody else saved this draft meanwhile.", 412)
    if len(request.body) > BODY_MAX:
        return invalid("body", f"a draft has at most {BODY_MAX} characters")
    return None


def _row(request: KeepDraft, old: DraftRow | None, id_: str, now: datetime) -> DraftRow:
    return DraftRow(
        id=id_,
        owner=old.owner if old else request.actor.label,
        is_shared=request.is_shared,
        title=request.title[:120],
        shop=request.shop[:40],
        line_count=request.line_count,
        sealed=keyring().seal(request.body, id_),
        version=old.version + 1 if old else 1,
        created_at=old.created_at if old else now,
        updated_at=now,
    )
