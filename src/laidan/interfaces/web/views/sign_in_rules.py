"""Settings of signing in: roles that need a second factor, who is blocked, lost factors."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods, require_POST

from laidan.domain.access.models import OwnRole, User
from laidan.domain.access.roles import BUILT_IN
from laidan.domain.security import queries
from laidan.engine import origin
from laidan.interfaces.web import admission, words
from laidan.interfaces.web.notices import Notice, keep
from laidan.kernel.outcome import Refused
from laidan.usecases import counting_tries, second_factor


@require_http_methods(["GET", "HEAD", "POST"])
@admission.needs("users.manage")
def show_rules(request: HttpRequest) -> HttpResponse:
    """Show the rules of signing in; change which roles need a second factor."""
    roles = _roles()
    if request.method == "POST":
        wanted = frozenset(request.POST.getlist("roles")) & roles.keys()
        second_factor.set_demands(wanted, now=timezone.now())
        keep(request, Notice("success", gettext("Saved.")))
        return _back()
    users = {user.pk: user for user in User.objects.filter(is_active=True)}
    protected = queries.list_protected()
    context = {
        "nav": "settings",
        "roles": roles,
        "demanded": queries.list_demands(),
        "tries": queries.list_tries(now=timezone.now()),
        "protected": sorted(
            (user for user in users.values() if user.pk in protected), key=lambda one: one.username
        ),
        "total": len(users),
    }
    return render(request, "web/settings/sign_in.html", context)


@require_POST
@admission.needs("users.manage")
def unblock(request: HttpRequest) -> HttpResponse:
    """Let somebody try again at once."""
    done = counting_tries.unblock(request.POST.get("key", "")[:64], now=timezone.now())
    text = gettext("May try again at once.") if done else gettext("Nobody has to wait there.")
    keep(request, Notice("success" if done else "info", text))
    return _back()


@require_POST
@admission.needs("users.manage")
def reset_factor(request: admission.PageRequest) -> HttpResponse:
    """Forget the second factor of somebody who lost app and codes."""
    username = origin.plain(request.POST.get("username", ""), 60)
    user = User.objects.filter(username=username).first()
    if user is None:
        keep(request, Notice("info", gettext("There is no such user.")))
        return _back()
    outcome = second_factor.reset(user, actor=request.actor, now=timezone.now())
    if isinstance(outcome, Refused):
        keep(request, Notice("warning", words.explain(outcome)))
        return _back()
    text = gettext("%(name)s signs in without a second factor until it is set up again.")
    keep(request, Notice("success", text % {"name": user.username}))
    return _back()


def _roles() -> dict[str, str]:
    language = get_language() or "en"
    found = {code: role.label.get(language, code) for code, role in BUILT_IN.items()}
    own = OwnRole.objects.order_by("name").values_list("code", "name")
    return found | dict(own[:500])


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("web:settings-sign-in"))
