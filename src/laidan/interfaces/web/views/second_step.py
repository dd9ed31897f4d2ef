"""The second step of signing in: the code of an app, or setting one up where a role needs it."""

from __future__ import annotations

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from laidan.domain.access.models import User
from laidan.engine import origin
from laidan.interfaces.web import entering, resending
from laidan.interfaces.web.notices import Notice
from laidan.interfaces.web.notices import keep as keep_notice
from laidan.interfaces.web.waiting import told
from laidan.kernel.outcome import Refused
from laidan.usecases import second_factor, sign_in

CODE_MAX = 100


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_code(request: HttpRequest) -> HttpResponse:
    """Ask for the app's code, or a recovery code, and let in whoever has it."""
    found = entering.pending(request)
    if found is None:
        return _begin_anew(request)
    user, target = found
    if request.method != "POST":
        return render(request, "web/sign_in_code.html", {"username": user.username})
    now = timezone.now()
    outcome = second_factor.check_code(
        user, request.POST.get("code", "")[:CODE_MAX], address=request.META.get("REMOTE_ADDR", ""),
        now=now,
    )  # fmt: skip
    if isinstance(outcome, Refused):
        sign_in.note_refusal(user, outcome.code, now=now)
        context: dict[str, object] = {"username": user.username, "kept": resending.kept(request)}
        return refused(request, "web/sign_in_code.html", context, outcome)
    if outcome.value:
        text = gettext("You used a recovery code. Check in your account how many are left.")
        keep_notice(request, Notice("warning", text))
    return entering.let_in(request, user, target)


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Set the second factor up that a role needs, show the recovery codes once, and let in."""
    found = entering.pending(request)
    if found is None:
        return _begin_anew(request)
    user, target = found
    if request.method == "POST" and request.POST.get("kept") == "1":
        # The factor was confirmed a moment ago, in this very session.
        if request.session.pop("enrolled", "") == user.pk:
            return entering.let_in(request, user, target)
        return _begin_anew(request)
    if request.method == "POST":
        # Whose password was right acts for himself here.
        origin.known_as(f"user:{user.username}")
        outcome = second_factor.confirm_enrolment(
            user, request.POST.get("code", "")[:CODE_MAX],
            address=request.META.get("REMOTE_ADDR", ""), now=timezone.now(),
        )  # fmt: skip
        if not isinstance(outcome, Refused):
            request.session["enrolled"] = user.pk
            return render(request, "web/sign_in_codes.html", {"codes": outcome.value})
        context = enrolment(user)
        if context is None:
            return _begin_anew(request)
        return refused(request, "web/sign_in_set_up.html", context, outcome)
    context = enrolment(user)
    if context is None:
        return HttpResponseRedirect(entering.CODE_ADDRESS)
    return render(request, "web/sign_in_set_up.html", context)


def enrolment(user: User) -> dict[str, object] | None:
    """Return what a page of setting up shows, None where the second factor counts already."""
    outcome = second_factor.begin_enrolment(user, now=timezone.now())
    if isinstance(outcome, Refused):
        return None
    secret = outcome.value
    code = segno.make(second_factor.provisioning_uri(user, secret), micro=False)
    drawn = code.svg_inline(border=4, dark="#000", light="#fff", svgclass="qr", omitsize=True)
    groups = [secret[at : at + 4] for at in range(0, len(secret), 4)]
    return {"qr": SafeString(drawn), "secret": secret, "groups": groups}


def refused(
    request: HttpRequest, template: str, context: dict[str, object], refusal: Refused
) -> HttpResponse:
    """Show a form again with what was wrong with the code."""
    text, wait = told(refusal)
    response = render(request, template, context | {"error": text}, status=429 if wait else 422)
    if wait:
        response["Retry-After"] = str(wait)
    return response


def _begin_anew(request: HttpRequest) -> HttpResponse:
    entering.forget(request)
    return HttpResponseRedirect("/sign-in")
