"""The blueprints of an installation: shipped ones stored as versions, all kept in process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from importlib import resources

from laidan.blueprints.loader import load
from laidan.blueprints.model import Blueprint
from laidan.domain.order_types.models import OrderType
from laidan.engine import bulk_sql, epochs
from laidan.kernel.ids import Mint

EPOCH = "order_types"


def shipped_sources() -> dict[str, str]:
    """Return the TOML that comes with the program, by code."""
    return {
        entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
        for entry in resources.files("laidan.blueprints").iterdir()
        if entry.name.endswith(".toml")
    }


def store(sources: dict[str, str], *, now: datetime, mint: Mint) -> list[Blueprint]:
    """Store those sources that differ from their newest version; return the new versions.

    Runs inside a transaction; raises BlueprintError before anything is written.
    """
    newest: dict[str, tuple[int, str]] = {}
    for code, version, digest in bulk_sql.rows(
        "SELECT code, version, digest FROM order_type ORDER BY code, version"
    ):
        newest[code] = (version, digest)
    made, rows = [], []
    for code, source in sorted(sources.items()):
        version, digest = newest.get(code, (0, ""))
        fresh = hashlib.sha256(source.encode()).hexdigest()
        if fresh == digest:
            continue
        blueprint = load(source, version + 1)
        made.append(blueprint)
        rows.append((mint.new(), blueprint.code, version + 1, source, fresh, now))
    names = ("id", "code", "version", "source", "digest", "created_at")
    bulk_sql.insert_rows(OrderType, names, rows)
    if made:
        epochs.bump(EPOCH)
    return made


def store_shipped(*, now: datetime, mint: Mint) -> list[Blueprint]:
    """Store the shipped blueprints; see `store`."""
    return store(shipped_sources(), now=now, mint=mint)


def _load_versions(keys: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Blueprint]:
    """Load versions; version 0 stands for the newest."""
    wanted = set(keys)
    codes, values = bulk_sql.among("code", {code for code, _ in wanted}, "text")
    loaded: dict[tuple[str, int], Blueprint] = {}
    found = bulk_sql.rows(
        f"SELECT code, version, source FROM order_type WHERE {codes} ORDER BY code, version",
        values,
    )
    newest = {code: version for code, version, _ in found}
    for code, version, source in found:
        key = (code, version)
        if key in wanted or (version == newest[code] and (code, 0) in wanted):
            blueprint = load(source, version)
            loaded[key] = blueprint
            if version == newest[code]:
                loaded[(code, 0)] = blueprint
    return loaded


_versions: epochs.Cached[tuple[str, int], Blueprint] = epochs.Cached(EPOCH, _load_versions)


def load_blueprints(
    keys: Iterable[tuple[str, int]], at: epochs.Epochs
) -> dict[tuple[str, int], Blueprint]:
    """Return blueprints by (code, version); version 0 is the newest."""
    return _versions.get(keys, at)


def peek_blueprints(
    keys: Iterable[tuple[str, int]],
) -> tuple[int | None, dict[tuple[str, int], Blueprint]]:
    """Return an epoch and the blueprints as this process knew them then; no query, a guess."""
    return _versions.peek(keys)
