"""The API's addresses."""

from __future__ import annotations

from django.urls import URLPattern, re_path
from django.views.decorators.csrf import csrf_exempt

from laidan.interfaces.api.app import url_patterns
from laidan.interfaces.api.problems import no_such_page

app_name = "api"
urlpatterns: list[URLPattern] = [*url_patterns(), re_path(r"", csrf_exempt(no_such_page))]
