"""The personal centre: two-factor sign-in, switched on and off, and its recovery codes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from laidan.domain.security import queries
from laidan.interfaces.web import admission
from laidan.interfaces.web.notices import Notice, keep
from laidan.interfaces.web.views.own import me_of
from laidan.interfaces.web.views.second_step import CODE_MAX, enrolment, refused
from laidan.kernel.outcome import Refused
from laidan.usecases import second_factor


@never_cache
@require_http_methods(["GET", "HEAD"])
@admission.needs()
def show_factor(request: HttpRequest) -> HttpResponse:
    """Show whether the second factor is on, and how many recovery codes are left."""
    return render(request, "web/me/two_factor.html", _context(request))


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@admission.needs()
def set_up(request: HttpRequest) -> HttpResponse:
    """Set an authenticator app up: the QR code, then its first code, then the recovery codes."""
    user, refusal = me_of(request), None
    if request.method == "POST":
        outcome = second_factor.confirm_enrolment(
            user, _code(request), address=_address(request), now=timezone.now()
        )
        if not isinstance(outcome, Refused):
            return _codes(request, outcome.value)
        refusal = outcome
    context = enrolment(user)
    if context is None:
        return HttpResponseRedirect(reverse("web:me-factor"))
    context["tab"] = "factor"
    if refusal is not None:
        return refused(request, "web/me/set_up.html", context, refusal)
    return render(request, "web/me/set_up.html", context)


@sensitive_post_parameters("code")
@never_cache
@require_POST
@admission.needs()
def renew_codes(request: HttpRequest) -> HttpResponse:
    """Replace the recovery codes."""
    outcome = second_factor.renew_codes(
        me_of(request), _code(request), address=_address(request), now=timezone.now()
    )
    if isinstance(outcome, Refused):
        return refused(request, "web/me/two_factor.html", _context(request), outcome)
    return _codes(request, outcome.value)


@sensitive_post_parameters("code")
@never_cache
@require_POST
@admission.needs()
def turn_off(request: HttpRequest) -> HttpResponse:
    """Turn the second factor off."""
    outcome = second_factor.turn_off(
        me_of(request), _code(request), address=_address(request), now=timezone.now()
    )
    if isinstance(outcome, Refused):
        return refused(request, "web/me/two_factor.html", _context(request), outcome)
    keep(request, Notice("success", gettext("Two-factor sign-in is off.")))
    return HttpResponseRedirect(reverse("web:me-factor"))


def _codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    return render(request, "web/me/codes.html", {"tab": "factor", "codes": codes})


def _context(request: HttpRequest) -> dict[str, object]:
    user = me_of(request)
    is_on = queries.has_second_factor(user.pk)
    return {
        "tab": "factor",
        "is_on": is_on,
        "is_required": second_factor.is_required(user),
        "left": queries.count_codes(user.pk) if is_on else 0,
    }


def _code(request: HttpRequest) -> str:
    return request.POST.get("code", "")[:CODE_MAX]


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))
