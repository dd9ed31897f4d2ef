"""Which orders a form means: those that are ticked, or all that the list's filters leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.http import QueryDict

from laidan.insights import order_list
from laidan.interfaces.web.order_query import read_query
from laidan.kernel.actor import Sight
from laidan.kernel.ids import parse_id

TICKED_MAX = 200
MANY_MAX = 20_000
"""So many orders one act may be about."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The orders that are meant; `has_more` where there are more than one act may be about."""

    ids: list[str]
    is_all: bool = False
    query: str = ""
    has_more: bool = False

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.ids)


def read_chosen(
    given: QueryDict, people: Mapping[str, str], sight: Sight, *, now: datetime
) -> Chosen:
    """Return the orders that a form means: those ticked, or (`scope` is "all") all that match."""
    if given.get("scope") == "all":
        query = given.get("query", "")[:4000]
        wanted = replace(read_query(QueryDict(query), people).filter, sight=sight)
        page = order_list.find_page(
            wanted, sort="-placed_at", limit=MANY_MAX, position=None, now=now
        )
        return Chosen(page.ids, is_all=True, query=query, has_more=page.has_more)
    found: list[str] = [one for text in given.getlist("id") if (one := parse_id(text))]
    return Chosen(list(dict.fromkeys(found))[:TICKED_MAX])
