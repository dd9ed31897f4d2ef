"""How a person likes the order list: saved views, columns, density."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from laidan.domain.workplace import core
from laidan.domain.workplace import queries as workplace
from laidan.domain.workplace.core import View
from laidan.interfaces.web import list_columns, list_tabs, notices
from laidan.interfaces.web.admission import PageRequest, is_partial, needs
from laidan.interfaces.web.notices import Notice
from laidan.interfaces.web.order_query import VIEW, query_of
from laidan.kernel.outcome import Refused
from laidan.usecases.keep_views import arrange_lists, drop_views, keep_views
from laidan.usecases.view_requests import ArrangeList, DropView, KeepView

SHARE = "views.share"


@needs("orders.view")
@require_POST
def choose_columns(request: PageRequest) -> HttpResponse:
    """Keep which columns the list has, and their order: of an own view, else of the person."""
    user_id, query = str(request.user.pk), _query(request)
    codes = core.known_columns(request.POST.getlist("column")) or ()
    if "usual" in request.POST:
        codes = ()
    mine = _own_view(user_id, QueryDict(query).get(VIEW, ""))
    if mine is not None and mine.columns is not None:
        keep_views([_kept(mine, columns=codes or None)], now=datetime.now(UTC))
    else:
        arrange_lists([ArrangeList(user_id, columns=codes)], now=datetime.now(UTC))
    return _to_list(request, query)


@needs("orders.view")
@require_POST
def choose_density(request: PageRequest) -> HttpResponse:
    """Keep how close the rows of the list are."""
    wanted = request.POST.get("density", "")
    density = wanted if wanted in core.DENSITIES else core.DENSITIES[0]
    arrange_lists([ArrangeList(str(request.user.pk), density=density)], now=datetime.now(UTC))
    return _to_list(request, _query(request))


@needs("orders.view")
@require_http_methods(["GET", "HEAD", "POST"])
def view(request: PageRequest) -> HttpResponse:
    """Ask for the name of a view and keep it."""
    given = request.POST if request.method == "POST" else request.GET
    user_id = str(request.user.pk)
    mine = _own_view(user_id, given.get("id", ""))
    if request.method != "POST":
        return _form(request, mine, given.get("query", "") or (mine.query if mine else ""))
    may_share = request.actor.may(SHARE)
    now, setting = datetime.now(UTC), workplace.get_setting(user_id)
    query = query_of(QueryDict(_query(request)), beside=(VIEW, "limit"))
    wish = KeepView(
        owner_id=user_id,
        name=given.get("name", ""),
        query=query,
        columns=mine.columns if mine else list_columns.chosen(setting, None),
        shared=bool(given.get("shared")) and may_share,
        id=mine.id if mine else None,
    )
    (outcome,) = keep_views([wish], now=now)
    if isinstance(outcome, Refused):
        return _form(request, mine, query, outcome)
    kept = outcome.value
    is_first = setting.default_view_id == kept.id
    if "chooses" in given and is_first != bool(given.get("first")):
        first = kept.id if given.get("first") else ""
        arrange_lists([ArrangeList(user_id, default_view_id=first)], now=now)
    text = gettext("View kept: %(name)s") % {"name": kept.name}
    return _to_list(request, list_tabs.view_address(kept)[1:], Notice("success", text))


@needs("orders.view")
@require_POST
def drop(request: PageRequest, view_id: UUID) -> HttpResponse:
    """Remove one of the person's own views."""
    (outcome,) = drop_views([DropView(str(request.user.pk), str(view_id))])
    if isinstance(outcome, Refused):
        notice = Notice("warning", gettext("This view is not there any more."))
        return _to_list(request, f"{VIEW}=all", notice)
    return _to_list(request, f"{VIEW}=all", Notice("success", gettext("View removed")))


def _own_view(user_id: str, view_id: str) -> View | None:
    listed = workplace.list_views(user_id)
    return next((one for one in listed if one.id == view_id and one.owner_id == user_id), None)


def _kept(view_: View, *, columns: tuple[str, ...] | None) -> KeepView:
    return KeepView(view_.owner_id, view_.name, view_.query, columns, view_.shared, view_.id)


def _query(request: PageRequest) -> str:
    """Return the list's query that a form carries."""
    return urlsplit(f"?{request.POST.get('query', '').lstrip('?')[:4000]}").query


def _form(
    request: PageRequest, mine: View | None, query: str, refused: Refused | None = None
) -> HttpResponse:
    said = {
        "view-name-taken": gettext("You have a view of this name already. Choose another name."),
        "too-many-views": gettext("You have very many views. Remove one first."),
        "invalid-request": gettext("Type a name for the view."),
    }
    setting = workplace.get_setting(str(request.user.pk))
    context = {
        "mine": mine, "query": query, "may_share": request.actor.may(SHARE), "nav": "orders",
        "name": request.POST.get("name", mine.name if mine else ""),
        "is_shared": bool(request.POST.get("shared")) or bool(mine and mine.shared),
        "is_first": bool(mine and setting.default_view_id == mine.id),
        "fault": said.get(refused.code, refused.detail) if refused else "",
    }  # fmt: skip
    status = refused.status if refused else 200
    template = "web/orders/view_form.html" if is_partial(request) else "web/orders/view.html"
    response = render(request, template, context, status=status)
    if is_partial(request):
        response["HX-Retarget"], response["HX-Reswap"] = "#sheet", "innerHTML"
    return response


def _to_list(request: PageRequest, query: str, notice: Notice | None = None) -> HttpResponse:
    address = f"{reverse('web:orders')}?{query or f'{VIEW}=all'}"
    if not is_partial(request):
        if notice:
            notices.keep(request, notice)
        return HttpResponseRedirect(address, status=303)
    response = HttpResponse(status=204)
    told = {"path": address, "target": "#orders", "select": "#orders", "swap": "outerHTML"}
    response["HX-Location"] = json.dumps(told)
    if notice:
        return notices.notify(response, notice, sheetDone=True)
    response["HX-Trigger"] = "sheetDone"
    return response
