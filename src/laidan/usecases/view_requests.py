"""What a person asks when arranging the order list: views, columns, who looks after an order."""

from __future__ import annotations

import msgspec

from laidan.domain.workplace.core import Setting
from laidan.kernel.actor import Actor


class KeepView(msgspec.Struct, frozen=True):
    """A view to keep: a new one, or (by id) one of the person's own with new contents."""

    owner_id: str
    name: str
    query: str
    columns: tuple[str, ...] | None = None
    shared: bool = False
    id: str | None = None


class DropView(msgspec.Struct, frozen=True):
    """A view of the person's own to remove."""

    owner_id: str
    id: str


class ArrangeList(msgspec.Struct, frozen=True):
    """How a person wants the list; what is None stays."""

    user_id: str
    columns: tuple[str, ...] | None = None
    density: str | None = None
    default_view_id: str | None = None
    """A view's id, or "" for none."""

    def over(self, present: Setting) -> Setting:
        """Return the setting with what is asked for."""
        first = present.default_view_id
        if self.default_view_id is not None:
            first = self.default_view_id or None
        columns = present.columns if self.columns is None else self.columns or None
        return Setting(columns, self.density or present.density, first)


class Assign(msgspec.Struct, frozen=True):
    """An order (by id or number) and who shall look after it: a user's name, or "" for nobody."""

    order: str
    username: str
    actor: Actor
