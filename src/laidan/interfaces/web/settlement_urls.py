"""The addresses of reconciliation."""

from __future__ import annotations

from django.urls import URLPattern, path

from laidan.interfaces.web.views import settlement, settlement_bills, settlement_breaks

patterns: list[URLPattern] = [
    path("settlement", settlement.show_days, name="settlement"),
    path("settlement/-/file", settlement.export_days, name="settlement-file"),
    path("settlement/-/bills", settlement_bills.show_bills, name="settlement-bills"),
    path("settlement/-/rules/<str:code>", settlement_bills.edit_rule, name="settlement-rule"),
    path("settlement/-/breaks", settlement_breaks.show_breaks, name="settlement-breaks"),
    path("settlement/-/breaks.csv", settlement_breaks.export_breaks, name="settlement-breaks-file"),
    path(
        "settlement/-/breaks/<str:break_id>",
        settlement_breaks.show_break,
        name="settlement-break",
    ),
    path("settlement/<str:code>/<str:day>", settlement.show_day, name="settlement-day"),
    path("settlement/<str:code>/<str:day>/match", settlement.match_day, name="settlement-match"),
    path("settlement/<str:code>/<str:day>/close", settlement.close_day, name="settlement-close"),
    path(
        "settlement/<str:code>/<str:day>/explain",
        settlement_breaks.explain_many,
        name="settlement-explain",
    ),
]
