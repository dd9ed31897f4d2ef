"""Settings → Payments: accounts at providers, trying them, and the rules for money of each shop."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from laidan.domain.channels.models import Shop
from laidan.domain.payments import accounts as store
from laidan.domain.payments.core import EVERY_SHOP
from laidan.engine.sealing import keyring
from laidan.interfaces import links
from laidan.interfaces.providers import offering, paying
from laidan.interfaces.providers.base import Provider
from laidan.interfaces.providers.registry import PROVIDERS
from laidan.interfaces.web import choices, money_words, records
from laidan.interfaces.web.account_forms import AccountForm, RulesForm, initial_of, rules_of
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.kernel.outcome import Refused
from laidan.usecases.keep_accounts import KeepAccount, NoteCheck, keep_accounts, note_checks
from laidan.usecases.keep_policies import USUAL_CURRENCY, KeepPolicy, keep_policies, own_version

_RIGHT = "settings.payments"


@needs(_RIGHT)
@require_safe
def show_accounts(request: PageRequest) -> HttpResponse:
    """Show the accounts, the providers that one can have, and which shops have rules of their own."""
    rows = store.load_accounts().values()
    shops = choices.shops()
    keys = dict(Shop.objects.values_list("id", "code"))
    policies = store.load_policies(list(keys))
    context = {
        "accounts": [(row, _label(row.provider)) for row in rows], "shops": shops,
        "providers": [(code, gettext(one.label)) for code, one in PROVIDERS.items()],
        "own_rules": {code for key, code in keys.items() if policies[key].id == key},
        "nav": "settings",
    }  # fmt: skip
    return render(request, "web/settings/payment_accounts.html", context)


@sensitive_post_parameters()
@needs(_RIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PageRequest, code: str = "") -> HttpResponse:
    """Add an account, or change one."""
    known = store.load_accounts()
    row = known.get(code)
    provider = PROVIDERS.get(row.provider if row else request.GET.get("provider", ""))
    if provider is None or (code and row is None):
        raise Http404
    kept = set(store.opened(row, keyring()).secrets) if row else set()
    form = AccountForm(
        request.POST if request.method == "POST" else None,
        initial=initial_of(row) if row else None,
        provider=provider, shops=choices.shops(), kept=kept,
    )  # fmt: skip
    if row is not None:
        form.fields["code"].disabled = True
    if request.method == "POST" and form.is_valid():
        if row is None and form.cleaned_data["code"] in known:
            form.add_error("code", gettext("There is an account with this code."))
        else:
            refused = _keep(request, form, provider)
            if refused is None:
                text = gettext("%(name)s saved") % {"name": form.cleaned_data["title"]}
                return records.done(request, text, reverse("web:payment-accounts"))
            _tell(form, refused)
    context = {
        "form": form, "nav": "settings", "back": reverse("web:payment-accounts"), "row": row,
        "title": row.title if row else gettext(provider.label), "send": gettext("Save"),
        "callback": links.callback_url(row.code) if row and not provider.is_by_hand else "",
        "is_by_hand": provider.is_by_hand, "is_for_tests": provider.is_for_tests,
        "crumbs": [(gettext("Settings"), reverse("web:settings")),
                   (gettext("Payment accounts"), reverse("web:payment-accounts"))],
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "web/settings/payment_account.html", context, status=status)


@needs(_RIGHT)
@require_POST
def test(request: PageRequest, code: str) -> HttpResponse:
    """Ask the account's provider something harmless, and keep how it went."""
    row = store.load_accounts().get(code)
    if row is None or row.provider not in PROVIDERS:
        raise Http404
    address = reverse("web:payment-account", args=[code])
    seen, fault = paying.try_connection(code, now=datetime.now(UTC))
    (outcome,) = note_checks([NoteCheck(code, request.actor, fault)], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        return records.refused(request, outcome, address)
    if fault:
        text = gettext("The connection does not work: %(fault)s") % {"fault": fault}
        return records.told(request, "warning", text, address)
    return records.done(request, seen or gettext("The connection works"), address)


@needs(_RIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: PageRequest, shop: str = "") -> HttpResponse:
    """Show and change what a shop, or every shop without rules of its own, does with money."""
    row = Shop.objects.filter(code=shop).first() if shop else None
    if shop and row is None:
        raise Http404
    key = str(row.pk) if row else EVERY_SHOP
    policy = store.load_policies({key})[key]
    currency = row.currency if row else USUAL_CURRENCY
    initial = rules_of(policy, currency, own_version(policy, key))
    form = RulesForm(request.POST if request.method == "POST" else None, initial=initial)
    back = reverse("web:payment-accounts")
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        wish = KeepPolicy(
            shop, request.actor, tuple(given["late_steps"].split(",")),
            tuple(given["excess_steps"].split(",")), given["auto_refund"].replace(",", ""),
            given["second_person"].replace(",", ""), given["version"] or 0,
        )  # fmt: skip
        (outcome,) = keep_policies([wish], now=datetime.now(UTC))
        if not isinstance(outcome, Refused):
            return records.done(request, gettext("Money rules saved"), back)
        _tell(form, outcome)
    name = (row.name or row.code) if row else gettext("All shops")
    context = {
        "form": form, "nav": "settings", "back": back, "send": gettext("Save"),
        "title": gettext("Money rules: %(shop)s") % {"shop": name},
        "note": gettext("Amounts are in %(currency)s. Shops without rules of their own follow those of all shops.") % {"currency": currency},
        "crumbs": [(gettext("Settings"), reverse("web:settings")), (gettext("Payment accounts"), back)],
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "web/records/form.html", context, status=status)


def _keep(request: PageRequest, form: AccountForm, provider: Provider) -> Refused | None:
    asked = offering.asked()[provider.code]
    given = form.cleaned_data
    wish = KeepAccount(
        given["code"], request.actor, provider=provider.code, title=given["title"],
        shops=tuple(given["shops"]), settings=form.given(asked.settings),
        secrets=form.given(asked.secrets), is_active=given["is_active"],
        place=given["place"] or 0, version=given["version"] or 0,
    )  # fmt: skip
    (outcome,) = keep_accounts([wish], providers=offering.asked(), now=datetime.now(UTC))
    return outcome if isinstance(outcome, Refused) else None


def _tell(form: RulesForm | AccountForm, refused: Refused) -> None:
    """Say at its fields why something was refused."""
    if refused.code in money_words.REFUSALS:
        form.add_error(None, money_words.explain(refused))
        return
    names = {
        fault.loc: f"of_{fault.loc.partition('.')[2]}"
        for fault in refused.errors
        if "." in fault.loc
    }
    form.refuse(refused, names | {"name": "title"})


def _label(provider: str) -> str:
    return gettext(PROVIDERS[provider].label) if provider in PROVIDERS else provider
