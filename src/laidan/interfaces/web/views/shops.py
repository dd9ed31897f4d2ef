"""Shops and locations: where orders come from, and where stock is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from laidan.domain.catalog.models import PriceList
from laidan.engine import epochs
from laidan.insights import place_views
from laidan.insights.place_views import LocationCard, ShopCard
from laidan.insights.vocabulary import load_vocabulary
from laidan.interfaces.web import choices, records
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.records import CleanCharField, RecordForm
from laidan.kernel.currencies import EXPONENTS
from laidan.kernel.outcome import Refused
from laidan.usecases.open_locations import OpenLocation, open_locations
from laidan.usecases.open_shops import OpenShop, open_shops

RANKS = 5
"""Locations that the form of a shop asks for, in order of preference."""


class LocationForm(RecordForm):
    """A location."""

    code = CleanCharField(
        label=_("Short code"), max_length=40,
        help_text=_("Letters, digits, dots and dashes; files and programs name it so."),
    )  # fmt: skip
    name = CleanCharField(label=_("Name"), max_length=120)
    is_active = forms.BooleanField(
        label=_("In use"), required=False, initial=True,
        help_text=_("A closed location takes nothing in and serves no new orders."),
    )  # fmt: skip


class ShopForm(RecordForm):
    """A shop; what is chosen from is given when the form is made."""

    code = CleanCharField(
        label=_("Short code"), max_length=40,
        help_text=_("Letters, digits, dots and dashes; files and programs name it so."),
    )  # fmt: skip
    name = CleanCharField(label=_("Name"), max_length=120)
    channel = CleanCharField(
        label=_("Channel"), max_length=30, initial="direct",
        help_text=_("The platform that it stands on, in small letters, such as tmall."),
    )  # fmt: skip
    currency = CleanCharField(label=_("Currency"), max_length=3, initial="CNY")
    time_zone = CleanCharField(
        label=_("Time zone"), max_length=60, initial="Asia/Shanghai",
        widget=forms.TextInput({"list": "zones"}), help_text=_("Where the shop's day begins and ends."),
    )  # fmt: skip
    default_type = forms.ChoiceField(label=_("Usual order type"))
    price_list = forms.ChoiceField(label=_("Price list"), required=False)
    review_from = CleanCharField(
        label=_("Review orders from"), max_length=24, required=False,
        widget=forms.TextInput({"inputmode": "decimal"}),
        help_text=_("Orders of this amount or more wait for a person's review; empty reviews none."),
    )  # fmt: skip
    is_open = forms.BooleanField(
        label=_("In use"),
        required=False,
        initial=True,
        help_text=_("A closed shop takes no orders."),
    )

    def __init__(self, *args: Any, places: dict[str, str], **named: Any) -> None:
        super().__init__(*args, **named)
        language = choices.language()
        types = choices.order_types(load_vocabulary(epochs.read()), language)
        self.fields["default_type"].choices = list(types.items())  # type: ignore[attr-defined]  # a choice field
        lists = PriceList.objects.order_by("code").values_list("code", "name", "currency")
        self.fields["price_list"].choices = [  # type: ignore[attr-defined]  # a choice field
            ("", gettext("None: the SKU's own price")),
            *((code, f"{name} ({currency})") for code, name, currency in lists),
        ]
        listed = [("", "–"), *places.items()]
        for rank in range(1, RANKS + 1):
            label = gettext("Location %(rank)d") % {"rank": rank}
            field = forms.ChoiceField(label=label, choices=listed, required=False)
            field.widget.attrs |= {"class": "form-select"}
            if rank == 1:
                field.help_text = gettext(
                    "Orders are served from the first location that has enough."
                )
            self.fields[f"location_{rank}"] = field

    def clean_currency(self) -> str:
        """Return a currency that exists, in capitals."""
        currency = str(self.cleaned_data["currency"]).upper()
        if currency not in EXPONENTS:
            raise forms.ValidationError(gettext("Type a currency code such as CNY."))
        return currency

    def clean_time_zone(self) -> str:
        """Return a time zone that exists."""
        zone = str(self.cleaned_data["time_zone"])
        if zone not in available_timezones():
            raise forms.ValidationError(gettext("Type a time zone such as Asia/Shanghai."))
        return zone

    def locations(self) -> tuple[str, ...]:
        """Return the locations chosen, in order of preference, each once."""
        given = (self.cleaned_data[f"location_{rank}"] for rank in range(1, RANKS + 1))
        return tuple(dict.fromkeys(code for code in given if code))


@needs("settings.shops")
@require_safe
def show_shops(request: PageRequest) -> HttpResponse:
    """Show the shops."""
    vocabulary = load_vocabulary(epochs.read())
    context = {
        "shops": place_views.list_shops(), "nav": "settings",
        "types": choices.order_types(vocabulary, choices.language()),
        "places": choices.locations(),
    }  # fmt: skip
    return render(request, "web/settings/shops.html", context)


@needs("settings.shops")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_shop(request: PageRequest, code: str = "") -> HttpResponse:
    """Open a shop, or change one."""
    known = {card.code: card for card in place_views.list_shops()}
    card = known.get(code)
    if code and card is None:
        raise Http404
    form = ShopForm(
        request.POST if request.method == "POST" else None,
        initial=_initial(card) if card else None,
        places=choices.locations(),
    )
    if card is not None:
        form.fields["code"].disabled = True
        if card.has_orders:
            form.fields["currency"].disabled = True
            form.fields["currency"].help_text = gettext("Fixed: the shop has orders in it.")
    if request.method == "POST" and form.is_valid():
        if card is None and form.cleaned_data["code"] in known:
            form.add_error("code", gettext("There is a shop with this code."))
        else:
            refused = _open(request, form)
            if refused is None:
                text = gettext("%(name)s saved") % {"name": form.cleaned_data["name"]}
                return records.done(request, text, reverse("web:shops"))
            form.refuse(refused)
    title = card.name if card else gettext("Open a shop")
    return _form(request, form, title, (gettext("Shops"), reverse("web:shops")))


@needs("settings.locations")
@require_safe
def show_locations(request: PageRequest) -> HttpResponse:
    """Show the locations."""
    context = {"cards": place_views.list_locations(), "nav": "settings"}
    return render(request, "web/settings/locations.html", context)


@needs("settings.locations")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_location(request: PageRequest, code: str = "") -> HttpResponse:
    """Open a location, or change one."""
    known: dict[str, LocationCard] = {card.code: card for card in place_views.list_locations()}
    card = known.get(code)
    if code and card is None:
        raise Http404
    form = LocationForm(
        request.POST if request.method == "POST" else None,
        initial=card._asdict() if card else None,
    )
    if card is not None:
        form.fields["code"].disabled = True
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if card is None and given["code"] in known:
            form.add_error("code", gettext("There is a location with this code."))
        else:
            wish = OpenLocation(given["code"], given["name"], given["is_active"], request.actor)
            (outcome,) = open_locations([wish], now=datetime.now(UTC))
            if not isinstance(outcome, Refused):
                text = gettext("%(name)s saved") % {"name": given["name"]}
                return records.done(request, text, reverse("web:locations"))
            form.refuse(outcome)
    title = card.name if card else gettext("Open a location")
    return _form(request, form, title, (gettext("Locations"), reverse("web:locations")))


def _open(request: PageRequest, form: ShopForm) -> Refused | None:
    given = form.cleaned_data
    wish = OpenShop(
        given["code"], given["name"], channel=given["channel"], currency=given["currency"],
        time_zone=given["time_zone"], default_type=given["default_type"],
        price_list=given["price_list"], review_from=given["review_from"],
        is_open=given["is_open"], locations=form.locations(), actor=request.actor,
    )  # fmt: skip
    (outcome,) = open_shops([wish], now=datetime.now(UTC))
    return outcome if isinstance(outcome, Refused) else None


def _initial(card: ShopCard) -> dict[str, Any]:
    initial = card._asdict()
    for rank, code in enumerate(card.locations[:RANKS], 1):
        initial[f"location_{rank}"] = code
    return initial


def _form(
    request: PageRequest, form: RecordForm, title: str, back: tuple[str, str]
) -> HttpResponse:
    crumbs = [(gettext("Settings"), reverse("web:settings")), back]
    context = {
        "form": form, "title": title, "back": back[1], "crumbs": crumbs, "nav": "settings",
        "send": gettext("Save"), "zones": ("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Tokyo",
        "Asia/Singapore", "Europe/Berlin", "Europe/London", "America/New_York", "UTC"),
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "web/settings/form.html", context, status=status)
