"""Stored views and settings as values."""

from __future__ import annotations

from laidan.domain.workplace.core import DENSITIES, Setting, View, known_columns
from laidan.domain.workplace.models import ListSetting, SavedView


def view_of(row: SavedView) -> View:
    """Return a stored view as a value."""
    return View(row.id, row.owner_id, row.name, row.query, known_columns(row.columns), row.shared)


def setting_of(row: ListSetting | None) -> Setting:
    """Return a stored setting as a value, else what is usual."""
    if row is None:
        return Setting()
    density = row.density if row.density in DENSITIES else DENSITIES[0]
    return Setting(known_columns(row.columns), density, row.default_view_id)
