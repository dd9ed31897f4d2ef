"""What people may choose from: order types and shops, by code, in the reader's language."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from django.utils.translation import get_language

from laidan.domain.access.models import User
from laidan.domain.channels.models import Shop
from laidan.domain.stock.models import Location
from laidan.insights.vocabulary import Vocabulary, worded


def language() -> str:
    """Return the reader's language."""
    return get_language() or "en"


def order_types(vocabulary: Vocabulary, language: str) -> dict[str, str]:
    """Return the order types' names by code."""
    return {
        code: worded(blueprint.label, language) for code, blueprint in vocabulary.newest.items()
    }


def shops() -> dict[str, str]:
    """Return the shops' names by code (one query)."""
    return {
        code: name or code
        for code, name in Shop.objects.order_by("code").values_list("code", "name")
    }


def locations(reach: Collection[str] | None = None, *, only_open: bool = False) -> dict[str, str]:
    """Return the names of the locations within reach by code (one query)."""
    found = Location.objects.order_by("code")
    if only_open:
        found = found.filter(is_active=True)
    return {
        code: name or code
        for code, name in found.values_list("code", "name")
        if reach is None or code in reach
    }


class People(NamedTuple):
    """Those who may look after orders: names by username and by id, ids by username."""

    names: dict[str, str]
    by_id: dict[str, str]
    ids: dict[str, str]


def people() -> People:
    """Return those who can sign in (one query)."""
    found = User.objects.filter(is_active=True).order_by("username")
    rows = list(found.values_list("id", "username", "name"))
    return People(
        {username: name or username for _, username, name in rows},
        {id_: name or username for id_, username, name in rows},
        {username: id_ for id_, username, _ in rows},
    )
