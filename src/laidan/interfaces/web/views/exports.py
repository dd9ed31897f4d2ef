"""Taking orders, products, stock and customers out as a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods

from laidan.engine import epochs
from laidan.insights.order_conditions import OrderFilter
from laidan.insights.vocabulary import load_vocabulary
from laidan.interfaces.web import choices, import_words
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.order_query import ME, chips, read_query
from laidan.interfaces.web.views import faults
from laidan.interfaces.web.views import jobs as job_views
from laidan.kernel.outcome import Refused
from laidan.usecases.export_jobs import RIGHTS, ExportWish, start_export

FORMATS = {
    "utf-8-sig": "CSV · UTF-8 (Excel)",
    "utf-8": "CSV · UTF-8",
    "gb18030": "CSV · GB18030",
    "xlsx": "XLSX",
}
_QUERY_MAX = 4000


@needs("orders.view")
@require_http_methods(["GET", "HEAD", "POST"])
def show_exports(request: PageRequest) -> HttpResponse:
    """Show what can be taken out, or begin; the address may carry the filters of the order list."""
    given = request.POST if request.method == "POST" else request.GET
    # What somebody may take out comes first: the form must not begin with a refusal.
    first = next((kind for kind, right in RIGHTS.items() if request.actor.may(right)), "orders")
    what = given.get("what", first)
    what = what if what in RIGHTS else first
    text = request.POST.get("query", "") if request.method == "POST" else _query_of(request)
    people = choices.people().ids | {ME: str(request.user.pk)}
    query = read_query(QueryDict(text[:_QUERY_MAX]), people)
    if request.method == "POST":
        return _start(request, what, query.filter)
    language = get_language() or "en"
    types = choices.order_types(load_vocabulary(epochs.read()), language)
    context = {
        "kinds": [(kind, import_words.KINDS[kind], request.actor.may(right))
                  for kind, right in RIGHTS.items()],
        "may_any": any(map(request.actor.may, RIGHTS.values())),
        "what": what, "query_text": text, "formats": FORMATS, "nav": "imports",
        "chips": chips(query, {"type": types, "shop": choices.shops()}),
        "states": query.filter.state,
    }  # fmt: skip
    return render(request, "web/exports.html", context)


def _query_of(request: PageRequest) -> str:
    kept = request.GET.copy()
    for name in ("what", "after", "before", "sort", "limit"):
        kept.pop(name, None)
    return str(kept.urlencode())[:_QUERY_MAX]


def _start(request: PageRequest, what: Any, wanted: OrderFilter) -> HttpResponse:
    chosen = request.POST.get("format", "")
    chosen = chosen if chosen in FORMATS else "utf-8-sig"
    narrowed = None
    if what == "orders":
        told = msgspec.to_builtins(replace(wanted, sight=()))
        narrowed = {name: value for name, value in told.items() if value not in (None, [], ())}
    if chosen == "xlsx":
        wish = ExportWish(what, "xlsx", filter=narrowed)
    else:
        wish = ExportWish(what, "csv", cast(Any, chosen), narrowed)
    user = job_views.user_of(request)
    title = gettext(import_words.KINDS[what])
    outcome = start_export(wish, request.actor, user.pk, title=title, now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        return faults.forbidden(request)
    return HttpResponseRedirect(reverse("web:job", args=[outcome.value]), status=303)
