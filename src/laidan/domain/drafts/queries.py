"""Drafts of orders as people look for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from laidan.domain.drafts.models import OrderDraft

LISTED_MAX = 100


@dataclass(frozen=True, slots=True)
class ListedDraft:
    """One draft of a list."""

    id: str
    owner: str
    is_shared: bool
    title: str
    shop: str
    line_count: int
    updated_at: datetime


def list_drafts(owner: str) -> list[ListedDraft]:
    """Return a person's own drafts and those that others share, the newest first (one query)."""
    rows = OrderDraft.objects.filter(Q(owner=owner) | Q(is_shared=True)).order_by("-pk")
    return [
        ListedDraft(
            row.pk, row.owner, row.is_shared, row.title, row.shop, row.line_count, row.updated_at
        )
        for row in rows.defer("sealed")[:LISTED_MAX]
    ]


def count_drafts(owner: str) -> int:
    """Return how many drafts a person sees (one query)."""
    return OrderDraft.objects.filter(Q(owner=owner) | Q(is_shared=True)).count()
