"""The columns of the order list: what they are called, which are shown, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from laidan.domain.workplace.core import COLUMNS, USUAL, Setting, View

LABELS = {
    "placed": gettext_noop("Placed"),
    "state": gettext_noop("State"),
    "customer": gettext_noop("Customer"),
    "total": gettext_noop("Amount"),
    "goods": gettext_noop("Goods"),
    "payment": gettext_noop("Payment"),
    "shipping": gettext_noop("Shipping"),
    "shop": gettext_noop("Shop"),
    "type": gettext_noop("Type"),
    "external_no": gettext_noop("External number"),
    "assignee": gettext_noop("Assigned to"),
    "tags": gettext_noop("Tags"),
    "changed": gettext_noop("Changed"),
}
SORTS = {"placed": "placed_at", "total": "total", "changed": "updated_at", "state": "state"}
"""What the list is sorted by where the head of a column is followed."""
_ROOM = {
    "goods": "list-wide", "payment": "list-widest", "shop": "list-widest",
    "assignee": "list-widest", "changed": "list-widest",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column that is shown; `room` says from which width of the window on."""

    code: str
    label: str
    sort: str
    room: str


@dataclass(frozen=True, slots=True)
class ChosenColumn:
    """A column that may be chosen, and whether it is."""

    code: str
    label: str
    is_shown: bool


def chosen(setting: Setting, view: View | None) -> tuple[str, ...] | None:
    """Return the columns that a view or else a person chose, None where neither did."""
    return (view.columns if view is not None else None) or setting.columns


def shown(codes: Sequence[str] | None, *, many_shops: bool) -> list[ListColumn]:
    """Return the columns of a list; what is usual gives way where a window is narrow."""
    usual = [code for code in USUAL if code != "shop" or many_shops]
    return [
        ListColumn(
            code,
            gettext(LABELS[code]),
            SORTS.get(code, ""),
            _ROOM.get(code, "") if codes is None else "",
        )
        for code in (codes or usual)
    ]


def choices(codes: Sequence[str] | None, *, many_shops: bool) -> list[ChosenColumn]:
    """Return every column: those that are shown in their order, then the others."""
    present = [one.code for one in shown(codes, many_shops=many_shops)]
    others = [code for code in COLUMNS if code not in present]
    return [
        ChosenColumn(code, gettext(LABELS[code]), code in present) for code in (*present, *others)
    ]
