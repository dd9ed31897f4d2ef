"""Keeps, changes and removes saved views, and how each person likes the list of orders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

from laidan.domain.workplace import core, store
from laidan.domain.workplace.core import Setting, View
from laidan.engine import unit
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases import needing
from laidan.usecases.drafts import Entropy
from laidan.usecases.view_requests import ArrangeList, DropView, KeepView


@needing.by_system("everybody keeps his own; the page asks for views.share before one is shared")
def keep_views(
    batch: Sequence[KeepView], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[View]]:
    """Keep each view under its name; one outcome per request, in the order given.

    Refuses: invalid-request (a name that is empty or an address too long), view-name-taken,
    too-many-views, not-found (of a view that is not there or not the person's own).
    """

    def attempt(wanted: Sequence[KeepView]) -> list[Outcome[View]]:
        mint = Mint(now, entropy)
        known = {one.id: one for one in store.load_views({request.owner_id for request in wanted})}
        outcomes = []
        for request in wanted:
            outcome = _kept(request, known, mint)
            if isinstance(outcome, Done):
                known[outcome.value.id] = outcome.value
                store.write_view(outcome.value, now=now)
            outcomes.append(outcome)
        return outcomes

    return unit.run_batch(batch, attempt)


def _kept(request: KeepView, known: dict[str, View], mint: Mint) -> Outcome[View]:
    """Decide about one view."""
    name = core.clean_name(request.name)
    if not name:
        return invalid("name", "type a name")
    if len(request.query) > core.QUERY_MAX:
        return invalid("query", "the filters are too long to be kept")
    mine = [one for one in known.values() if one.owner_id == request.owner_id]
    if request.id is not None and request.id not in {one.id for one in mine}:
        return Refused("not-found", "There is no such view of yours.", 404)
    if any(one.name.casefold() == name.casefold() and one.id != request.id for one in mine):
        return Refused("view-name-taken", f"You have a view called {name!r} already.")
    if request.id is None and len(mine) >= core.VIEWS_MAX:
        return Refused("too-many-views", f"A person keeps at most {core.VIEWS_MAX} views.")
    columns = core.known_columns(request.columns)
    return Done(
        View(
            request.id or mint.new(), request.owner_id, name, request.query, columns, request.shared
        )
    )


@needing.by_system("everybody keeps his own; the page asks for views.share before one is shared")
def drop_views(batch: Sequence[DropView]) -> list[Outcome[str]]:
    """Remove each view; one outcome per request. Refuses: not-found."""

    def attempt(wanted: Sequence[DropView]) -> list[Outcome[str]]:
        known = {
            (one.owner_id, one.id)
            for one in store.load_views({request.owner_id for request in wanted})
        }
        outcomes: list[Outcome[str]] = []
        for request in wanted:
            if (request.owner_id, request.id) not in known:
                outcomes.append(Refused("not-found", "There is no such view of yours.", 404))
                continue
            store.delete_view(request.id)
            outcomes.append(Done(request.id))
        return outcomes

    return unit.run_batch(batch, attempt)


@needing.by_system("everybody arranges his own lists")
def arrange_lists(batch: Sequence[ArrangeList], *, now: datetime) -> list[Outcome[Setting]]:
    """Keep how each person likes the list; one outcome per request.

    Refuses: invalid-request (a density that does not exist), not-found (of a view).
    """

    def attempt(wanted: Sequence[ArrangeList]) -> list[Outcome[Setting]]:
        firsts = {request.default_view_id for request in wanted if request.default_view_id}
        known = {one.id: one for one in store.load_views((), firsts)} if firsts else {}
        return [_arranged(request, known, now) for request in wanted]

    return unit.run_batch(batch, attempt)


def _arranged(request: ArrangeList, known: dict[str, View], now: datetime) -> Outcome[Setting]:
    if request.density is not None and request.density not in core.DENSITIES:
        return invalid("density", f"must be one of {', '.join(core.DENSITIES)}")
    first = known.get(request.default_view_id or "")
    if request.default_view_id and not (
        first and (first.shared or first.owner_id == request.user_id)
    ):
        return Refused("not-found", "There is no such view.", 404)
    setting = request.over(store.load_setting(request.user_id))
    store.write_setting(request.user_id, setting, now=now)
    return Done(setting)
