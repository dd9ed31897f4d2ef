"""Who looks after orders, for lists."""

from __future__ import annotations

from collections.abc import Sequence

from laidan.domain.workplace import store as workplace


def load_assignees(order_ids: Sequence[str]) -> dict[str, str]:
    """Return the ids of those who look after orders, by order (at most one query)."""
    if not order_ids:
        return {}
    return {key: one.user_id for key, one in workplace.load_assignments(order_ids).items()}
