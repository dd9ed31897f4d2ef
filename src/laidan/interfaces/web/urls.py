"""The pages' addresses."""

from __future__ import annotations

from django.urls import URLPattern, path
from django.views.i18n import set_language

from laidan.interfaces.web.views import board, order, order_acts, order_list, signing

app_name = "web"
urlpatterns: list[URLPattern] = [
    path("", board.show_board, name="board"),
    path("sign-in", signing.sign_in, name="sign-in"),
    path("sign-out", signing.sign_out, name="sign-out"),
    path("language", set_language, name="language"),
    path("search", order_list.search, name="search"),
    path("orders", order_list.show_list, name="orders"),
    path("orders/<str:name>", order.show_order, name="order"),
    path("orders/<str:name>/acts/<slug:act_name>", order_acts.act, name="act"),
]
