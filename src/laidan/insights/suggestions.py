"""What somebody may mean while typing into the search: orders, customers and SKUs, a few of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from laidan.domain.catalog.models import Sku
from laidan.domain.parties.models import Customer
from laidan.engine import reading_sql
from laidan.engine.sealing import keyring, normal_phone
from laidan.insights import order_cards, order_list
from laidan.insights.order_cards import OrderCard
from laidan.insights.order_conditions import OrderFilter
from laidan.insights.sight import Seen, limit_customers
from laidan.kernel.actor import Sight

EACH = 5
"""How many of each kind are suggested."""
_NUMBER = re.compile(r"[A-Z]{2,8}[0-9][0-9A-Z]{0,28}\Z")
_DIGITS_MIN = 6
# Above every letter and digit in any collation.
_END = "Z" * 12


@dataclass(frozen=True, slots=True)
class FoundCustomer:
    """A customer by name; `key` is what the list of orders is narrowed by."""

    id: str
    name: str
    ref: str

    @property
    def key(self) -> str:
        """The customer's reference, else the id."""
        return self.ref or self.id


@dataclass(frozen=True, slots=True)
class FoundSku:
    """A SKU by code."""

    code: str
    name: str


def suggest_orders(text: str, sight: Sight, *, now: datetime) -> list[OrderCard]:
    """Return orders whose number begins so, or that the list's search finds, newest first."""
    ids = _numbered(text.upper(), sight)
    if len(ids) < EACH:
        page = order_list.find_page(
            OrderFilter(q=text, sight=sight), sort="-placed_at", limit=EACH, position=None, now=now
        )
        ids = list(dict.fromkeys([*ids, *page.ids]))[:EACH]
    return order_cards.load_cards(ids, now=now)


def _numbered(text: str, sight: Sight) -> list[str]:
    if not _NUMBER.match(text):
        return []
    within = Seen(sight).condition()
    seen, values = (f"AND {within.sql}", within.params) if within else ("", ())
    return reading_sql.ids(
        f"SELECT o.id FROM sales_order o WHERE o.order_no >= %s AND o.order_no < %s {seen} "
        f"ORDER BY o.order_no DESC LIMIT {EACH}",
        (text, text + _END, *values),
    )


def suggest_customers(text: str, sight: Sight) -> list[FoundCustomer]:
    """Return customers within sight whose name begins so, or whose reference or phone this is (one query)."""
    where, values = reading_sql.starting_with("c.name", text)
    arms = [(where, values), ("c.ref = %s", (text,))]
    if len(normal_phone(text)) >= _DIGITS_MIN:
        arms.append(("c.phone_index = %s", (keyring().index("phone", normal_phone(text)),)))
    within: list[str] = []
    limits: list[Any] = []
    limit_customers(within, limits, sight)
    sql = " UNION ".join(
        f"SELECT * FROM (SELECT c.id, c.name, c.ref FROM {Customer._meta.db_table} c "
        f"WHERE {' AND '.join((arm, *within))} LIMIT {EACH}) one{place}"
        for place, (arm, _) in enumerate(arms)
    )
    given = [value for _, listed in arms for value in (*listed, *limits)]
    found = reading_sql.rows(sql, given)
    return [FoundCustomer(str(id_), name, ref or "") for id_, name, ref in found[:EACH]]


def suggest_skus(text: str) -> Sequence[FoundSku]:
    """Return SKUs whose code begins so or whose name holds it (one query)."""
    meant = Q(code__istartswith=text) | Q(name__icontains=text)
    found = Sku.objects.filter(meant).order_by("code").values_list("code", "name")[:EACH]
    return [FoundSku(code, name) for code, name in found]
