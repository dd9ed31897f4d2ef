"""The test provider's own pay page: the payer chooses how the provider shall behave."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods

from laidan.domain.test_provider import core, store
from laidan.interfaces.providers import testing
from laidan.interfaces.web import public
from laidan.kernel.money import format_minor

ANSWERS = {
    core.SUCCEED: gettext_noop("Pay"),
    core.FAIL: gettext_noop("Decline"),
    core.DELAY: gettext_noop("Pay; word of it comes five minutes later"),
    core.REPEAT: gettext_noop("Pay; word of it comes five times"),
    core.REORDER: gettext_noop("Pay; older word comes after it"),
    core.VANISH: gettext_noop("Pay; no word ever comes"),
    core.PARTIAL: gettext_noop("Pay half of it"),
    core.WRONG_AMOUNT: gettext_noop("Pay another amount"),
    core.WRONG_CURRENCY: gettext_noop("Pay in another currency"),
    core.HOLD: gettext_noop("Let the money be held; the shop takes it later"),
}
STATES = {
    core.PENDING: gettext_noop("Waiting for the payer"),
    core.CAPTURED: gettext_noop("Paid"),
    core.FAILED: gettext_noop("Declined"),
    core.EXPIRED: gettext_noop("Closed"),
    core.AUTHORIZED: gettext_noop("Held for the shop"),
    core.VOIDED: gettext_noop("Let go; nothing was taken"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@public.page
def pay(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what is to be paid, and do what the payer chose."""
    now = datetime.now(UTC)
    charge = store.load_charge_by_reference(reference)
    if charge is None:
        raise Http404
    if request.method == "POST":
        chosen = request.POST.get("answer", "")
        if chosen in ANSWERS:
            testing.answer_charge(charge.number, chosen, now=now)
        return HttpResponseRedirect(reverse("web:test-provider", args=[reference]), status=303)
    charge = core.standing(charge, now)
    context = {
        "charge": charge, "amount": format_minor(charge.amount_minor, charge.currency),
        "is_open": charge.state == core.PENDING, "answers": ANSWERS.items(),
        "state": STATES.get(charge.state, charge.state),
    }  # fmt: skip
    return render(request, "web/pay/test_provider.html", context)
