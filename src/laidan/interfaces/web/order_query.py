"""What the order list is asked, read from its address: filters, sort, page; faults at the field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from laidan.insights.order_conditions import OrderFilter
from laidan.interfaces.web import words
from laidan.interfaces.web.field_words import WordedForm

SORTS = ("-placed_at", "placed_at", "-updated_at", "updated_at", "-total", "total", "state")
SORT_USUAL = SORTS[0]
LIMITS = (50, 100, 200)
_CODES_MAX = 50
_TEXT_MAX = 200
_LISTED = ("type", "shop", "state", "category")
_PLACE = ("after", "before")
VIEW = "view"
ALL = "all"
"""What the parameter `view` says of a list that is none of the saved ones."""
NOBODY = "-"
ME = "me"
_NO_ONE = "00000000-0000-0000-0000-000000000000"


class Chip(NamedTuple):
    """A filter in force: what it says, and the address without it."""

    text: str
    address: str


class FilterForm(WordedForm):
    """The filters that are typed; those that are chosen from lists come as codes."""

    q = forms.CharField(label=_("Search"), max_length=_TEXT_MAX, required=False)
    placed_from = forms.DateField(label=_("Placed from"), required=False)
    placed_to = forms.DateField(label=_("Placed until"), required=False)
    updated_from = forms.DateField(label=_("Changed since"), required=False)
    min_total = forms.DecimalField(
        label=_("Amount from"), max_digits=18, decimal_places=3, required=False
    )
    max_total = forms.DecimalField(
        label=_("Amount to"), max_digits=18, decimal_places=3, required=False
    )
    customer = forms.CharField(label=_("Customer number"), max_length=_TEXT_MAX, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=_TEXT_MAX, required=False)
    external_no = forms.CharField(label=_("External number"), max_length=_TEXT_MAX, required=False)
    sku = forms.CharField(label=_("SKU"), max_length=_TEXT_MAX, required=False)
    tag = forms.CharField(label=_("Tag"), max_length=_TEXT_MAX, required=False)
    late = forms.NullBooleanField(label=_("Late"), required=False)
    held = forms.NullBooleanField(label=_("On hold"), required=False)
    assignee = forms.CharField(label=_("Assigned to"), max_length=_TEXT_MAX, required=False)

    def clean(self) -> dict[str, Any]:
        """Keep dates within what a calendar and a database know."""
        found = super().clean() or {}
        for name in ("placed_from", "placed_to", "updated_from"):
            day = found.get(name)
            if day is not None and not 1970 <= day.year <= 2199:
                self.add_error(name, gettext("Type a day between 1970 and 2199."))
        return found


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """What the list is asked; `filter` holds what could be read, `form` what was typed."""

    filter: OrderFilter
    form: FilterForm
    sort: str
    limit: int
    address: QueryDict

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        return self.filter != OrderFilter()

    @property
    def plain(self) -> str:
        """The filters and the sort as an address, without page, view and length."""
        return query_of(self.address, beside=(VIEW, "limit"))

    @property
    def is_wrong_below(self) -> bool:
        """Whether a field that is folded away has a fault, and so must be shown."""
        return bool(set(self.form.errors) - {"q", "placed_from", "placed_to"})

    @property
    def mark(self) -> str | None:
        """What the list is about beside type, shop and state: "" all, late or held orders.

        None where something else narrows it, for which no count is known.
        """
        rest = replace(self.filter, type=(), shop=(), state=())
        known = {OrderFilter(): "", OrderFilter(late=True): "late", OrderFilter(held=True): "held"}
        return known.get(rest)


def read_query(given: QueryDict, people: Mapping[str, str] | None = None) -> OrderQuery:
    """Return what an address asks; what cannot be read is left out and said at its field.

    `people` has the ids of those who may look after orders, by username and under "me".
    """
    form = FilterForm(given)
    form.is_valid()
    typed: dict[str, Any] = {
        name: value for name, value in form.cleaned_data.items() if value not in (None, "")
    }
    typed |= {name: _codes(given, name) for name in _LISTED}
    for name, more in (("placed_from", 0), ("placed_to", 1), ("updated_from", 0)):
        if name in typed:
            typed[name] = _midnight(typed[name] + timedelta(days=more))
    if "assignee" in typed:
        typed["assignee"] = _assignee(typed["assignee"], people or {})
    wanted = OrderFilter(**typed)
    sort, limit = given.get("sort", ""), given.get("limit", "")
    return OrderQuery(
        wanted,
        form,
        sort if sort in SORTS else SORT_USUAL,
        int(limit) if limit in {str(one) for one in LIMITS} else LIMITS[0],
        given,
    )


def _assignee(name: str, people: Mapping[str, str]) -> str:
    """Return the id of who is meant, "" for nobody; who is not known looks after nothing."""
    return "" if name == NOBODY else people.get(name, _NO_ONE)


def _codes(given: QueryDict, name: str) -> tuple[str, ...]:
    """Return the codes chosen, without what no code can be."""
    found = [
        code
        for code in given.getlist(name)[:_CODES_MAX]
        if code and len(code) <= _TEXT_MAX and code.isprintable()
    ]
    return tuple(dict.fromkeys(found))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def chips(query: OrderQuery, labels: Mapping[str, Mapping[str, str]]) -> list[Chip]:
    """Return the filters in force; `labels` names codes by filter ("type" → "retail" → "Retail")."""
    found = []
    for name in ("type", "shop", "category"):
        for code in getattr(query.filter, name):
            text = _listed_text(name, code, labels)
            found.append(Chip(text, without(query.address, name, code)))
    for name, field in query.form.fields.items():
        if name in query.form.errors or query.form.cleaned_data.get(name) in (None, ""):
            continue
        shown = query.form.cleaned_data[name]
        text = f"{field.label}: {shown}"
        if name == "assignee":
            text = f"{field.label}: {_person(shown, labels)}"
        if isinstance(shown, bool):
            text = str(field.label) if shown else gettext("Not: %(name)s") % {"name": field.label}
        found.append(Chip(text, without(query.address, name)))
    return found


def _person(name: str, labels: Mapping[str, Mapping[str, str]]) -> str:
    said = {ME: gettext("me"), NOBODY: gettext("nobody")}
    return said.get(name) or labels.get("person", {}).get(name, name)


def _listed_text(name: str, code: str, labels: Mapping[str, Mapping[str, str]]) -> str:
    if name == "category":
        return words.word(words.CATEGORIES, code)
    label = gettext("Type") if name == "type" else gettext("Shop")
    return f"{label}: {labels.get(name, {}).get(code, code)}"


def without(address: QueryDict, name: str, value: str | None = None) -> str:
    """Return the list's address without a filter (or one of its values), from the first page."""
    kept = address.copy()
    rest: Sequence[str] = []
    if value is not None:
        rest = [one for one in kept.getlist(name) if one != value]
    kept.setlist(name, list(rest))
    return address_of(kept)


def address_of(given: QueryDict) -> str:
    """Return the list's address with what is given, without empty fields and places."""
    # An empty address opens a person's first view: the whole list says that it is meant.
    return f"?{query_of(given) or f'{VIEW}={ALL}'}"


def query_of(given: QueryDict, beside: Sequence[str] = ()) -> str:
    """Return what is given as a query, without empty fields, places, and some more."""
    kept = QueryDict(mutable=True)
    for name, values in given.lists():
        filled = [value for value in values if value != ""]
        if filled and name not in _PLACE and name not in beside:
            kept.setlist(name, filled)
    return kept.urlencode()
