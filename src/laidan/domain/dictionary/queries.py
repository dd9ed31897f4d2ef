"""The lists as people choose from them."""

from __future__ import annotations

from laidan.domain.dictionary.core import EntryRow
from laidan.domain.dictionary.models import Entry, TagStyle


def list_entries(kind: str, *, only_active: bool = False) -> list[EntryRow]:
    """Return the entries of a list in their order (one query)."""
    found = Entry.objects.filter(kind=kind)
    if only_active:
        found = found.filter(is_active=True)
    rows = found.order_by("place", "code").values_list(*EntryRow._fields)
    return [EntryRow(*row) for row in rows]


def labels(kind: str, language: str = "en", *, only_active: bool = True) -> dict[str, str]:
    """Return what people read for the codes of a list, in its order (one query)."""
    is_chinese = language.startswith("zh")
    return {
        row.code: row.label_zh if is_chinese else row.label_en
        for row in list_entries(kind, only_active=only_active)
    }


def count_entries() -> dict[str, int]:
    """Return how many entries lists have (one query)."""
    counts: dict[str, int] = {}
    for kind in Entry.objects.values_list("kind", flat=True):
        counts[kind] = counts.get(kind, 0) + 1
    return counts


def tag_colours() -> dict[str, str]:
    """Return the colours of the tags that have one (one query)."""
    return dict(TagStyle.objects.values_list("name", "colour"))
