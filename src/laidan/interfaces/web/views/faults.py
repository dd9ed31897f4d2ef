"""The designed pages for what went wrong: 400, 403, 404, 500, 503."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils import translation
from django.utils.translation import gettext

from laidan.engine.unit import BusyError
from laidan.interfaces.web import resending
from laidan.interfaces.web.notices import Notice, notify
from laidan.interfaces.web.words import REFUSALS

log = logging.getLogger("laidan.web")
RETRY_SECONDS = "5"


def bad_request(
    request: HttpRequest,
    exception: Exception | None = None,  # noqa: ARG001 - Django calls it so
) -> HttpResponse:
    """Answer what cannot be read."""
    return _page(
        request, 400, gettext("This request cannot be read"),
        gettext("The address or the form was not understood. Go back and try again."),
    )  # fmt: skip


def forbidden(
    request: HttpRequest,
    exception: Exception | None = None,  # noqa: ARG001 - Django calls it so
) -> HttpResponse:
    """Answer those who may not."""
    return _page(request, 403, gettext("Not allowed"), gettext(REFUSALS["forbidden"]))


def stale_form(
    request: HttpRequest,
    reason: str = "",  # noqa: ARG001 - Django calls it so
) -> HttpResponse:
    """Answer a form whose protection against forgery does not match.

    What was typed into a page of ours is offered to be sent again: somebody signed in meanwhile.
    """
    if resending.is_own(request) and request.headers.get("HX-Request") != "true":
        if not request.user.is_authenticated:
            return signed_out(request)
        typed = resending.read(resending.keep(request))
        if typed is not None:
            return resending.offer(request, typed, 403)
    return _page(
        request, 403, gettext("This page was open too long"),
        gettext("Nothing was changed. Go back, load the page again and repeat what you did."),
    )  # fmt: skip


def signed_out(request: HttpRequest) -> HttpResponse:
    """Answer a form that was sent after its session ended: sign in, and nothing typed is lost."""
    text = resending.keep(request)
    told = gettext("You were signed out and nothing was sent. Sign in to go on.")
    if text:
        told = gettext(
            "You were signed out and nothing was sent. Sign in, then send what you typed."
        )
    context = {"next": "/", "username": "", "error": told, "kept": text}
    return render(request, "web/sign_in.html", context, status=401)


def not_found(
    request: HttpRequest,
    exception: Exception | None = None,  # noqa: ARG001 - Django calls it so
) -> HttpResponse:
    """Answer for what is not there."""
    return _page(
        request, 404, gettext("There is nothing here"),
        gettext("The address may be mistyped, or what was here is gone."),
    )  # fmt: skip


def broken(request: HttpRequest) -> HttpResponse:
    """Answer a fault of the program; needs neither database nor session."""
    content = loader.render_to_string(
        "web/faults/fault.html",
        {
            "status": 500,
            "title": gettext("Something is broken here"),
            "text": gettext("Nothing was changed. The fault was written down; please try again."),
            "language_tag": "zh-Hans" if _is_chinese(request) else "en",
            "theme": "auto",
        },
    )
    return HttpResponse(content, status=500)


def busy(request: HttpRequest) -> HttpResponse:
    """Answer while the database is away."""
    response = _page(
        request, 503, gettext("Too busy just now"), gettext(REFUSALS["busy"])
    )  # fmt: skip
    response["Retry-After"] = RETRY_SECONDS
    return response


def too_often(request: HttpRequest, seconds: int) -> HttpResponse:
    """Answer whoever asks too often without being signed in."""
    with translation.override(translation.get_language_from_request(request)):
        response = _page(
            request, 429, gettext("Asked too often"), gettext("Wait a minute, then try again.")
        )
    response["Retry-After"] = str(seconds)
    return response


class BusyPages:
    """Middleware that tells people so where the database is busy or away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as the views do."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a busy database; everything else is a fault."""
        if not isinstance(exception, BusyError | OperationalError | InterfaceError):
            return None
        log.warning("%s %s: the database is busy or away", request.method, request.path)
        return busy(request)


def _page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        # The page stays as it is, with what was typed in it.
        response = HttpResponse(status=status)
        response["HX-Reswap"] = "none"
        return notify(response, Notice("danger", text))
    context = {"status": status, "title": title, "text": text}
    return render(request, "web/faults/fault.html", context, status=status)


def _is_chinese(request: HttpRequest) -> bool:
    return str(getattr(request, "LANGUAGE_CODE", "")).startswith("zh")
