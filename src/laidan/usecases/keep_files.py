"""Keeps files: writes down names for bytes that are in the store."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from django.conf import settings

from laidan.domain.files import core, queries, store
from laidan.domain.files.store import FileRow, LinkRow
from laidan.engine import blobs, unit
from laidan.kernel.ids import Mint, parse_id
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases import needing
from laidan.usecases.file_requests import FileAnswer, KeepFile

Entropy = Callable[[int], bytes]
FOLDER_MAX = 120
LINKS_MAX = 20
_PAGE = 500
REMOVED_KEPT = timedelta(days=30)
"""How long a file that was removed can be restored."""


@dataclass(slots=True)
class Decision:
    """Outcomes, and the rows that make them true."""

    outcomes: list[Outcome[FileAnswer]] = field(default_factory=list)
    contents: dict[str, tuple[str, int, str, datetime]] = field(default_factory=dict)
    folders: list[tuple[str, str, datetime]] = field(default_factory=list)
    files: list[FileRow] = field(default_factory=list)
    roles: list[tuple[str, str, str]] = field(default_factory=list)
    links: list[LinkRow] = field(default_factory=list)


@dataclass(slots=True)
class Known:
    """What keeping a batch needs to know: contents, folders, and how many bytes are still free."""

    contents: set[str]
    folders: dict[str, str]
    free: int


@needing.by_system("the doors that take files in ask: files.edit, imports.run")
def keep_files(
    batch: Sequence[KeepFile], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[FileAnswer]]:
    """Write down each file; one outcome per request, in the order given.

    Locks: nothing. Refuses: invalid-file, quota-exceeded.
    """
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


@needing.by_system("the worker")
def sweep_files(*, now: datetime, limit: int = 200) -> int:
    """Delete files that were removed long ago and bytes that nobody has; return how many files."""
    count, digests = unit.run_once(lambda: store.delete_removed(now - REMOVED_KEPT, limit=limit))
    for digest in digests:
        blobs.drop_unless_fresh(digest)
    _drop_unknown()
    blobs.drop_leftovers()
    return count


def _drop_unknown() -> None:
    """Drop bytes that nothing is written down of, as a crash between the two leaves them."""
    found = iter(blobs.digests())
    while page := list(islice(found, _PAGE)):
        known = store.load_contents(page)
        for digest in page:
            if digest not in known:
                blobs.drop_unless_fresh(digest)


def decide(known: Known, batch: Sequence[KeepFile], *, now: datetime, mint: Mint) -> Decision:
    """Decide each request in turn, each seeing what the earlier ones brought."""
    decision = Decision()
    for request in batch:
        refused = fault_of(request.visibility, request.roles, request.folder, request.links)
        name = core.clean_name(request.name)
        if refused is None and not name:
            refused = invalid("name", "a file needs a name", "invalid-file")
        if refused is None:
            refused = _store(known, decision, request, now)
        if refused is not None:
            decision.outcomes.append(refused)
            continue
        file_id = mint.new()
        folder_id = _folder(known, decision, request.folder, now, mint)
        label = request.actor.label
        decision.files.append(
            FileRow(
                file_id, request.blob.sha256, folder_id, name, request.visibility, label, now,
                None, "",
            )
        )  # fmt: skip
        if request.visibility == core.ROLES:
            granted = sorted(set(request.roles))
            decision.roles += [(mint.new(), file_id, role) for role in granted]
        decision.links += [
            LinkRow(mint.new(), file_id, kind, object_id, label, now)
            for kind, object_id in dict.fromkeys(request.links)
        ]
        decision.outcomes.append(Done(FileAnswer(file_id, name)))
    return decision


def fault_of(
    visibility: str, roles: Sequence[str], folder: str, links: Sequence[tuple[str, str]]
) -> Refused | None:
    """Refuse what no file can have."""
    if visibility not in core.VISIBILITIES:
        return invalid("visibility", f"choose from {', '.join(core.VISIBILITIES)}", "invalid-file")
    if visibility == core.ROLES and not roles:
        return invalid("roles", "choose at least one role", "invalid-file")
    if any(not 0 < len(role) <= 60 for role in roles):
        return invalid("roles", "a role's name has 1 to 60 characters", "invalid-file")
    if folder and (core.clean_name(folder) != folder or len(folder) > FOLDER_MAX):
        hint = f"must have 1 to {FOLDER_MAX} visible characters without a slash"
        return invalid("folder", hint, "invalid-file")
    if len(links) > LINKS_MAX or any(
        kind not in core.KINDS or parse_id(object_id) != object_id for kind, object_id in links
    ):
        return invalid("links", "name what the file belongs to by kind and id", "invalid-file")
    return None


def _store(known: Known, decision: Decision, request: KeepFile, now: datetime) -> Refused | None:
    blob = request.blob
    if blob.size == 0:
        return invalid("file", "the file is empty", "invalid-file")
    if blob.sha256 in known.contents:
        return None
    if blob.size > known.free:
        return Refused(
            "quota-exceeded",
            "There is no room for this file; remove others or ask your administrator.",
            413,
        )
    known.free -= blob.size
    known.contents.add(blob.sha256)
    media_type = core.media_type_of(blob.head)
    decision.contents[blob.sha256] = (blob.sha256, blob.size, media_type, now)
    return None


def _folder(known: Known, decision: Decision, name: str, now: datetime, mint: Mint) -> str | None:
    if not name:
        return None
    if name not in known.folders:
        known.folders[name] = mint.new()
        decision.folders.append((known.folders[name], name, now))
    return known.folders[name]


def _attempt(
    batch: Sequence[KeepFile], *, now: datetime, entropy: Entropy
) -> list[Outcome[FileAnswer]]:
    mint = Mint(now, entropy)
    known = Known(
        contents=store.load_contents({request.blob.sha256 for request in batch}),
        folders=store.load_folders({request.folder for request in batch}),
        free=settings.LAIDAN_FILES_QUOTA - queries.used_bytes(),
    )
    decision = decide(known, batch, now=now, mint=mint)
    store.write_files(list(decision.contents.values()), decision.folders, decision.files)
    store.write_roles((), decision.roles)
    store.write_links(decision.links, ())
    return decision.outcomes
