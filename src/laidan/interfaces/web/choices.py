"""What people may choose from: order types and shops, by code, in the reader's language."""

from __future__ import annotations

from laidan.domain.channels.models import Shop
from laidan.insights.vocabulary import Vocabulary, worded


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
