"""Editing the lines of an order in place, with the new total before it is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from laidan.domain.channels import store as channels
from laidan.engine import epochs
from laidan.insights import order_entry
from laidan.insights.order_documents import ShownOrder
from laidan.interfaces.web import acts, editing, entry_rows, line_changes, words
from laidan.interfaces.web.admission import PageRequest, is_partial, needs
from laidan.interfaces.web.editing import Edit
from laidan.interfaces.web.entry_rows import Look, Row
from laidan.interfaces.web.line_changes import LinesForm
from laidan.interfaces.web.notices import Notice
from laidan.interfaces.web.views import order as order_view
from laidan.kernel.money import format_minor, parse_minor
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.amend_orders import amend_orders, preview_amendments
from laidan.usecases.transition_requests import Amend


@dataclass(frozen=True, slots=True)
class Sums:
    """An order's amounts before and after, as decimal texts; `more` is what is still to be paid."""

    before: Mapping[str, str]
    after: Mapping[str, str]
    difference: str
    is_more: bool


def edit(request: PageRequest, shown: ShownOrder, known: Edit) -> HttpResponse:
    """Show the form of an order's lines, or save it."""
    if request.method != "POST":
        return _form(request, shown, known, line_changes.opened(shown))
    form = line_changes.read(request.POST)
    if request.POST.get("act") == "add":
        return _form(request, shown, known, _with_scanned(request, form))
    changes, faults = line_changes.wanted(form, shown, acts.blueprint_of(shown))
    if faults:
        return _form(request, shown, known, form, status=422, faults=faults)
    if changes is None:
        text = gettext("Nothing was changed.")
        return order_view.answer_whole(request, shown, Notice("info", text))
    wish = Amend(shown.row.id, changes, request.actor, order_view.seen_version(request))
    (outcome,) = amend_orders([wish], now=datetime.now(UTC))
    if not isinstance(outcome, Refused):
        text = gettext("Saved: %(part)s") % {"part": gettext("Lines")}
        return order_view.answer_whole(request, shown, Notice("success", text))
    fresh = order_view.found(request, shown.row.id)
    blueprint, reader = acts.blueprint_of(fresh), order_view.reader_of(request, fresh)
    more: dict[str, Any] = {"faults": line_changes.faults_of(outcome, form, changes)}
    if outcome.code == "version-conflict":
        form = line_changes.merged(form, fresh)
        more["changes"] = order_view.changes_since(request, fresh)
    again = editing.edits(fresh, blueprint, reader.actor)["lines"]
    return _form(
        request, fresh, again, form, status=outcome.status, refusal=words.explain(outcome),
        shortages=outcome.extra.get("shortages", ()), **more,
    )  # fmt: skip


@needs("orders.change_lines")
@require_POST
def add(request: PageRequest, name: str) -> HttpResponse:
    """Answer with the rows of what was scanned or chosen, and count up what is there already."""
    shown = order_view.found(request, name)
    form = line_changes.read(request.POST)
    grown = _with_scanned(request, form)
    before = {row.key: row.quantity for row in form.rows}
    context = _context(request, shown, replace(grown, rows=grown.rows[len(form.rows) :]))
    codes, unknown = _codes(request)
    raised = [row for row in grown.rows if row.quantity != before.get(row.key, row.quantity)]
    counts = [f"{row.sku} × {row.quantity}" for row in grown.rows if row.sku in codes]
    context |= {
        "raised": raised, "unknown": unknown,
        "said": gettext("Added: %(what)s") % {"what": ", ".join(counts)} if counts else "",
    }  # fmt: skip
    response = render(request, "web/orders/entry_added.html", context)
    response["HX-Trigger-After-Settle"] = "linesChanged"
    return response


@needs("orders.change_lines")
@require_POST
def preview(request: PageRequest, name: str) -> HttpResponse:
    """Answer with the amounts that the order would have, and what stands in the way."""
    shown = order_view.found(request, name)
    form = line_changes.read(request.POST)
    changes, faults = line_changes.wanted(form, shown, acts.blueprint_of(shown))
    context = _context(request, shown, form, faults)
    context["live"] = True
    if changes is not None:
        wish = Amend(shown.row.id, changes, request.actor, None)
        (outcome,) = preview_amendments([wish], now=datetime.now(UTC))
        if isinstance(outcome, Refused):
            found = line_changes.faults_of(outcome, form, changes)
            context = _context(request, shown, form, found)
            context |= {
                "live": True, "refusal": words.explain(outcome),
                "shortages": outcome.extra.get("shortages", ()),
            }  # fmt: skip
        elif isinstance(outcome, Done) and outcome.value.document:
            after = msgspec.json.decode(outcome.value.document)
            context["sums"] = _sums(shown.document, after)
            context["rows"] = _with_amounts(context["rows"], form.rows, after)
    return render(request, "web/orders/edit_sums.html", context)


def _with_scanned(request: PageRequest, form: LinesForm) -> LinesForm:
    codes, _ = _codes(request)
    rows, _ = entry_rows.add(form.rows, codes)
    return replace(form, rows=rows)


def _codes(request: PageRequest) -> tuple[list[str], list[str]]:
    texts = [text.strip()[:80] for text in request.POST.get("scans", "").splitlines()]
    texts = [text for text in texts if text] or [request.POST.get("scan", "").strip()[:80]]
    found = order_entry.find_codes(texts)
    unknown = [text for text in texts if text and text not in found]
    return [found[text] for text in texts if text in found], unknown


def _form(
    request: PageRequest,
    shown: ShownOrder,
    known: Edit,
    form: LinesForm,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = _context(request, shown, form, more.pop("faults", {})) | {
        "edit": known, "nav": "orders", "title": gettext("Lines"), "wide": True,
        "form": "web/orders/edit_lines.html", **more,
    }  # fmt: skip
    partial = is_partial(request)
    template = "web/orders/edit_lines.html" if partial else "web/orders/part.html"
    response = render(request, template, context, status=status)
    response["Vary"] = "HX-Request"
    return response


def _context(
    request: PageRequest,
    shown: ShownOrder,
    form: LinesForm,
    faults: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return what the templates of the rows need."""
    row, reader = shown.row, order_view.reader_of(request, shown)
    shop = channels.load_shops({row.shop_id}, epochs.read())[row.shop_id]
    specs = acts.blueprint_of(shown).line_fields
    documents = {line["id"]: line for line in shown.document["lines"]}
    offers = order_entry.load_offers([one.sku for one in form.rows], shop)
    shown_rows = entry_rows.shown(
        form.rows, offers, Look(specs, reader.language, faults or {}, documents)
    )
    return {
        "row": row, "order": shown.document, "currency": row.currency, "values": form.values,
        "had": form.had, "was": form.was, "faults": faults or {},
        "may_price": reader.actor.may("orders.change_price") and "price" not in reader.actor.masks,
        "rows": _with_amounts(shown_rows, form.rows, shown.document),
        "entry_lines_address": reverse("web:order-edit-lines", args=[row.order_no]),
        "preview_address": reverse("web:order-edit-preview", args=[row.order_no]),
    }  # fmt: skip


def _with_amounts(
    rows: Sequence[entry_rows.ShownRow], typed: Sequence[Row], document: Mapping[str, Any]
) -> list[entry_rows.ShownRow]:
    """Return rows with the amounts that an order's lines have; new ones come last, in order."""
    known = {line["id"]: line for line in document["lines"]}
    keys = {row.key for row in typed}
    fresh = iter([line for line in document["lines"] if line["id"] not in keys])
    found = []
    for one in rows:
        line = known.get(one.row.key)
        if line is None and one.row.key.startswith("n"):
            line = next(fresh, None)
        found.append(replace(one, amount=line["amounts"]["goods"] if line else ""))
    return found


def _sums(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sums:
    currency = str(before["currency"])
    old, new = (parse_minor(str(one["total"]), currency) for one in (before, after))
    return Sums(
        before["amounts"], after["amounts"], format_minor(abs(new - old), currency), new > old
    )
