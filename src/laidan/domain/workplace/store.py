"""Set-based reading and writing of views, settings and assignments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from laidan.domain.workplace.core import Assigned, Setting, View
from laidan.domain.workplace.models import Assignment, ListSetting, SavedView
from laidan.domain.workplace.rows import setting_of, view_of
from laidan.engine import bulk_sql


def load_views(owner_ids: Collection[str], ids: Collection[str] = ()) -> list[View]:
    """Return the views of these people and those with these ids (one query)."""
    found = SavedView.objects.filter(owner_id__in=owner_ids) | SavedView.objects.filter(id__in=ids)
    return [view_of(one) for one in found]


def write_view(view: View, *, now: datetime) -> None:
    """Insert a view, or replace what it holds."""
    values = {
        "owner_id": view.owner_id, "name": view.name, "query": view.query,
        "columns": list(view.columns) if view.columns else None, "shared": view.shared,
        "updated_at": now,
    }  # fmt: skip
    if not SavedView.objects.filter(id=view.id).update(**values):
        SavedView(id=view.id, created_at=now, **values).save(force_insert=True)


def load_queries(part: str) -> dict[str, str]:
    """Return the queries of the views that hold a text, by view, and lock them in key order."""
    found = SavedView.objects.select_for_update().filter(query__contains=part).order_by("id")
    return dict(found.values_list("id", "query"))


def write_queries(queries: Mapping[str, str]) -> None:
    """Replace what views list; who keeps them need not know when."""
    if queries:
        bulk_sql.update_rows(SavedView, ("id",), ("query",), sorted(queries.items()))


def delete_view(view_id: str) -> None:
    """Remove a view; where it was somebody's first, nothing is."""
    SavedView.objects.filter(id=view_id).delete()
    ListSetting.objects.filter(default_view_id=view_id).update(default_view_id=None)


def load_setting(user_id: str) -> Setting:
    """Return how a person likes the list, and lock it."""
    return setting_of(ListSetting.objects.select_for_update().filter(id=user_id).first())


def write_setting(user_id: str, setting: Setting, *, now: datetime) -> None:
    """Keep how a person likes the list."""
    values = {
        "columns": list(setting.columns) if setting.columns else None,
        "density": setting.density, "default_view_id": setting.default_view_id, "updated_at": now,
    }  # fmt: skip
    if not ListSetting.objects.filter(id=user_id).update(**values):
        ListSetting(id=user_id, **values).save(force_insert=True)


def load_assignments(order_ids: Iterable[str]) -> dict[str, Assigned]:
    """Return who looks after these orders, by order."""
    where, values = bulk_sql.among("id", order_ids)
    found = bulk_sql.rows(
        f"SELECT id, user_id, assigned_by FROM order_assignment WHERE {where}", values
    )
    return {row[0]: Assigned(*row) for row in found}


def write_assignments(
    new: Sequence[Assigned], changed: Sequence[Assigned], *, now: datetime
) -> None:
    """Insert some and replace others."""
    names = ("user_id", "assigned_by", "assigned_at")
    rows = [(one.order_id, one.user_id, one.by, now) for one in new]
    if rows:
        bulk_sql.insert_rows(Assignment, ("id", *names), rows)
    moved = [(one.order_id, one.user_id, one.by, now) for one in changed]
    if moved:
        bulk_sql.update_rows(Assignment, ("id",), names, moved)


def delete_assignments(order_ids: Collection[str]) -> None:
    """Let nobody look after these orders."""
    if not order_ids:
        return
    where, values = bulk_sql.among("id", order_ids)
    bulk_sql.run(f"DELETE FROM order_assignment WHERE {where}", values)
