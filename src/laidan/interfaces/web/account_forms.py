"""The forms of payment accounts and of the rules for money, built from what providers ask for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from laidan.domain.payments.accounts import AccountRow
from laidan.domain.payments.core import Policy
from laidan.interfaces.providers import offering
from laidan.interfaces.providers.base import Field, Provider
from laidan.interfaces.web import money_words, words
from laidan.interfaces.web.records import CleanCharField, RecordForm
from laidan.kernel.money import format_minor
from laidan.usecases.keep_accounts import PLACE_MAX, SECRET_MAX, SETTING_MAX, TITLE_MAX

_LATE = (
    "revive,refund,ask", "revive,ask", "refund,ask", "ask",
)  # fmt: skip
_EXCESS = ("refund,ask", "ask")
_CHOICES = {
    "demo": gettext_noop("Demonstration"), "test": gettext_noop("Tests"),
    "live": gettext_noop("Real money"), "sandbox": gettext_noop("Sandbox"),
    "automatic": gettext_noop("At once"), "manual": gettext_noop("Later; it is held first"),
    "succeed": gettext_noop("It succeeds"), "fail": gettext_noop("It fails later"),
    "delay": gettext_noop("It takes a while"), "refuse": gettext_noop("It is refused"),
    "ignore": gettext_noop("It says closed, yet can be paid"),
    "vanish_done": gettext_noop("No answer, though it happened"),
    "vanish_not": gettext_noop("No answer, and nothing happened"),
}  # fmt: skip


class AccountForm(RecordForm):
    """An account at a provider: what all have, and what this provider asks for."""

    code = CleanCharField(
        label=_("Short code"), max_length=40,
        help_text=_("Letters, digits, dots and dashes; files and programs name it so."),
    )  # fmt: skip
    title = CleanCharField(
        label=_("Title"), max_length=TITLE_MAX, help_text=_("What buyers choose, such as Alipay.")
    )
    shops = forms.MultipleChoiceField(
        label=_("Shops"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: every shop."),
    )  # fmt: skip
    place = forms.IntegerField(
        label=_("Place"), min_value=0, max_value=PLACE_MAX, required=False, initial=0,
        help_text=_("Small numbers are offered first."),
    )  # fmt: skip
    is_active = forms.BooleanField(
        label=_("In use"), required=False, initial=True,
        help_text=_("An account that is not in use takes no new payments; refunds still go back by it."),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, initial=0)

    def __init__(
        self, *args: Any, provider: Provider, shops: Mapping[str, str], kept: Collection[str],
        **named: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **named)
        self.fields["shops"].choices = list(shops.items())  # type: ignore[attr-defined]  # a choice field
        for one in provider.fields:
            made = _field(one, is_kept=one.name in kept)
            if not isinstance(made.widget, forms.Select):
                made.widget.attrs["class"] = "form-control"
            else:
                made.widget.attrs["class"] = "form-select"
            made.widget.attrs["autocomplete"] = "off"
            self.fields[f"of_{one.name}"] = made
        self.order_fields(
            [
                "code",
                "title",
                *(f"of_{one.name}" for one in provider.fields),
                "shops",
                "place",
                "is_active",
            ]
        )

    def given(self, kinds: Collection[str]) -> dict[str, str]:
        """Return what was typed for the provider's settings or secrets, by name."""
        return {
            name: str(self.cleaned_data[f"of_{name}"] or "").strip()
            for name in kinds
            if f"of_{name}" in self.cleaned_data
        }


def _field(one: Field, *, is_kept: bool) -> forms.Field:
    """Return the field that asks for a setting or a secret of a provider."""
    label, told = gettext(one.label), gettext(one.help) if one.help else ""
    is_secret = one.kind in offering.SECRET_KINDS
    if is_kept:
        told = " ".join(filter(None, (told, gettext("One is kept; leave this empty to keep it."))))
    needed = one.is_required and not is_kept
    if one.choices:
        listed = [(code, words.word(_CHOICES, code)) for code in one.choices]
        return forms.ChoiceField(
            label=label, choices=listed if one.is_required else [("", "–"), *listed],
            required=needed, help_text=told,
        )  # fmt: skip
    widget: forms.Widget = forms.TextInput()
    if one.kind in {"pem", "lines"}:
        widget = forms.Textarea({"rows": 4, "spellcheck": "false"})
    elif is_secret:
        widget = forms.PasswordInput({"autocomplete": "new-password"})
    return forms.CharField(
        label=label, required=needed, help_text=told, widget=widget, strip=True,
        max_length=SECRET_MAX if is_secret else SETTING_MAX,
    )  # fmt: skip


def initial_of(row: AccountRow) -> dict[str, Any]:
    """Return what the form of a known account begins with; secrets are not in it."""
    settings = {f"of_{name}": text for name, text in row.settings.items()}
    return {
        "code": row.code, "title": row.title, "shops": list(row.shops), "place": row.place,
        "is_active": row.is_active, "version": row.version,
    } | settings  # fmt: skip


class RulesForm(RecordForm):
    """What a shop does with money that comes late or twice, and with refunds."""

    late_steps = forms.ChoiceField(label=_("Money for a cancelled order"))
    excess_steps = forms.ChoiceField(label=_("More money than the order asks for"))
    auto_refund = CleanCharField(
        label=_("Refunds of cancelled orders that nobody has to approve, up to"), max_length=20,
        required=False, help_text=_("0: each is approved by a person. Empty: none is."),
    )  # fmt: skip
    second_person = CleanCharField(
        label=_("Refunds that need a second person, above"), max_length=20, required=False,
        help_text=_("Who asked for such a refund may not approve it. Empty: he may."),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, initial=0)

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        for name, listed in (("late_steps", _LATE), ("excess_steps", _EXCESS)):
            self.fields[name].choices = [(one, _steps(one)) for one in listed]  # type: ignore[attr-defined]  # a choice field
            self.fields[name].widget.attrs["class"] = "form-select"


def _steps(listed: str) -> str:
    words = [gettext(money_words.LATE_STEPS[one]) for one in listed.split(",")]
    return gettext(", else ").join(words)


def rules_of(policy: Policy, currency: str, version: int) -> dict[str, Any]:
    """Return what the form of a shop's rules begins with."""

    def limit(amount: int | None) -> str:
        return "" if amount is None else format_minor(amount, currency)

    return {
        "late_steps": ",".join(policy.late_steps), "excess_steps": ",".join(policy.excess_steps),
        "auto_refund": limit(policy.auto_refund_minor),
        "second_person": limit(policy.second_person_minor), "version": version,
    }  # fmt: skip
