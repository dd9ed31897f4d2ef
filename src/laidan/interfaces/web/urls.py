"""The pages' addresses."""

from __future__ import annotations

from django.urls import URLPattern, path

from laidan.interfaces.web import (
    access_urls,
    account_urls,
    file_job_urls,
    master_urls,
    money_urls,
    notice_urls,
    order_urls,
    pay_urls,
    settlement_urls,
    webhook_urls,
)
from laidan.interfaces.web.views import (
    board,
    bulk,
    list_settings,
    moving,
    order_acts,
    order_list,
    own,
    reports,
    searching,
)

app_name = "web"
urlpatterns: list[URLPattern] = [
    path("", board.show_board, name="board"),
    *account_urls.patterns,
    *file_job_urls.patterns,
    *access_urls.patterns,
    *master_urls.patterns,
    *notice_urls.patterns,
    *pay_urls.patterns,
    *settlement_urls.patterns,
    *webhook_urls.patterns,
    path("language", own.choose_language, name="language"),
    path("search", searching.search, name="search"),
    path("search/suggest", searching.suggest, name="suggest"),
    path("reports", reports.show_report, name="figures"),
    path("reports/file", reports.export_report, name="figures-file"),
    path("orders", order_list.show_list, name="orders"),
    path("orders/-/act", bulk.act, name="bulk"),
    path("orders/-/undo", bulk.undo, name="undo"),
    path("orders/-/export", bulk.export, name="bulk-export"),
    path("jobs/<str:job_id>/take-back", bulk.take_job_back, name="job-take-back"),
    path("orders/-/columns", list_settings.choose_columns, name="list-columns"),
    path("orders/-/density", list_settings.choose_density, name="list-density"),
    path("orders/-/views", list_settings.view, name="view"),
    path("orders/-/views/<uuid:view_id>/drop", list_settings.drop, name="view-drop"),
    *money_urls.patterns,
    *order_urls.patterns,
    path("orders/<str:name>/menu", moving.menu, name="act-menu"),
    path("orders/<str:name>/move", moving.move, name="move"),
    path("orders/<str:name>/acts/<slug:act_name>", order_acts.act, name="act"),
]
