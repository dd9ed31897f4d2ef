"""Changes files: renames, moves, shares, links, removes and restores them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from laidan.domain.files import core, store
from laidan.domain.files.core import FileFacts
from laidan.domain.files.store import LinkRow
from laidan.engine import unit
from laidan.kernel.actor import forbidden
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases import needing
from laidan.usecases.file_requests import ChangeFile, FileAnswer
from laidan.usecases.keep_files import fault_of

Entropy = Callable[[int], bytes]


@needing.needs("files.edit")
def change_files(
    batch: Sequence[ChangeFile], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[FileAnswer]]:
    """Change each file; one outcome per request, in the order given.

    Locks: the files named, in key order. Refuses: unknown-file, forbidden (only the owner and an
    administrator may change a file), file-removed, invalid-file.
    """
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def decide(
    file: FileFacts | None, request: ChangeFile, folder_id: str | None
) -> FileFacts | Refused:
    """Return a file as a request leaves it."""
    if file is None or not core.may_see(file, request.viewer, sees_linked=True):
        return Refused("unknown-file", "There is no such file.", 404)
    if not core.may_change(file, request.viewer):
        return forbidden("files.edit")
    if file.is_removed and request.is_removed is not False:
        return Refused("file-removed", "The file was removed; restore it first.")
    name = file.name if request.name is None else core.clean_name(request.name)
    if not name:
        return invalid("name", "a file needs a name", "invalid-file")
    visibility = file.visibility if request.visibility is None else request.visibility
    roles = file.roles if request.roles is None else frozenset(request.roles)
    refused = fault_of(visibility, sorted(roles), request.folder or "", request.link)
    if refused is not None:
        return refused
    return replace(
        file,
        name=name,
        visibility=visibility,
        roles=roles if visibility == core.ROLES else frozenset(),
        folder_id=file.folder_id if request.folder is None else folder_id,
        is_removed=file.is_removed if request.is_removed is None else request.is_removed,
        links=(file.links | frozenset(request.link)) - frozenset(request.unlink),
    )


def _attempt(
    batch: Sequence[ChangeFile], *, now: datetime, entropy: Entropy
) -> list[Outcome[FileAnswer]]:
    mint = Mint(now, entropy)
    known = store.load_files({request.file_id for request in batch}, lock=True)
    folders = store.load_folders({request.folder for request in batch if request.folder})
    fresh: list[tuple[str, str, datetime]] = []
    rows, by = dict(known), {}
    outcomes: list[Outcome[FileAnswer]] = []
    for request in batch:
        old = rows.get(request.file_id)
        row = decide(old, request, folders.get(request.folder or ""))
        if isinstance(row, Refused):
            outcomes.append(row)
            continue
        if request.folder and request.folder not in folders:
            folders[request.folder] = mint.new()
            fresh.append((folders[request.folder], request.folder, now))
            row = replace(row, folder_id=folders[request.folder])
        rows[row.id], by[row.id] = row, request.actor.label
        outcomes.append(Done(FileAnswer(row.id, row.name, row != old)))
    store.write_folders(fresh)
    _write([row for key, row in rows.items() if row != known[key]], known, now, mint, by)
    return outcomes


def _write(
    changed: Sequence[FileFacts],
    known: dict[str, FileFacts],
    now: datetime,
    mint: Mint,
    by: dict[str, str],
) -> None:
    store.write_changed(changed, now=now, by=by)
    granted = [row for row in changed if row.roles != known[row.id].roles]
    store.write_roles(
        {row.id for row in granted},
        [(mint.new(), row.id, role) for row in granted for role in sorted(row.roles)],
    )
    added = [
        LinkRow(mint.new(), row.id, kind, object_id, by[row.id], now)
        for row in changed
        for kind, object_id in sorted(row.links - known[row.id].links)
    ]
    removed = [
        (row.id, kind, object_id)
        for row in changed
        for kind, object_id in known[row.id].links - row.links
    ]
    store.write_links(added, removed)
