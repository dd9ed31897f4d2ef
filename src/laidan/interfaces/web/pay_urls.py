"""The addresses that buyers see: pay pages, orders looked after, the test provider's own page."""

from __future__ import annotations

from django.urls import URLPattern, path

from laidan.interfaces.web.views import pay, test_provider, track

patterns: list[URLPattern] = [
    path("pay/<slug:token>", pay.show, name="pay"),
    path("pay/<slug:token>/qr.svg", pay.show_code, name="pay-qr"),
    path("pay/<slug:token>/start", pay.start, name="pay-start"),
    path("pay/<slug:token>/<slug:number>", pay.show_payment, name="pay-payment"),
    path("pay/<slug:token>/<slug:number>/ask", pay.ask, name="pay-ask"),
    path("track", track.ask, name="track"),
    path("track/<str:proof>", track.show, name="track-order"),
    path("track/<str:proof>/<slug:act_name>", track.act, name="track-act"),
    path("test-provider/<slug:reference>", test_provider.pay, name="test-provider"),
]
