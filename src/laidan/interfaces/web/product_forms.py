"""The forms of products, SKUs and price lists, and what they send."""

from __future__ import annotations

from typing import Any

import msgspec
from django import forms
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from laidan.domain.catalog.core import KINDS
from laidan.interfaces.web import words
from laidan.interfaces.web.records import CleanCharField, RecordForm
from laidan.kernel.currencies import EXPONENTS
from laidan.usecases.product_requests import ComponentRequest, SkuRequest

_SKU_FIELDS = ("name", "kind", "unit", "decimals", "backorder", "weight_grams")
_CODES_MAX = 50


class ProductForm(RecordForm):
    """A product's own fields."""

    code = CleanCharField(label=_("Product code"), max_length=60)
    name = CleanCharField(label=_("Product name"), max_length=200)


class SkuForm(RecordForm):
    """Everything about one SKU; `units` are those of the data dictionary."""

    sku = CleanCharField(label=_("SKU"), max_length=60)
    sku_name = CleanCharField(
        label=_("SKU name"), max_length=200, required=False,
        help_text=_("Such as the colour and size; empty takes the product's name."),
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[(one, gettext_lazy(words.LINE_KINDS[one])) for one in KINDS]
    )
    price = CleanCharField(
        label=_("Price"), max_length=24, required=False,
        widget=forms.TextInput({"inputmode": "decimal"}),
    )  # fmt: skip
    currency = CleanCharField(label=_("Currency"), max_length=3, required=False, initial="CNY")
    unit = CleanCharField(
        label=_("Unit"), max_length=20, initial="pcs", widget=forms.TextInput({"list": "units"})
    )
    decimals = forms.IntegerField(
        label=_("Decimals of a quantity"), min_value=0, max_value=6, initial=0,
        help_text=_("0 counts whole pieces, 3 counts kilograms to the gram."),
    )  # fmt: skip
    barcodes = forms.CharField(
        label=_("Barcodes"), max_length=4000, required=False, widget=forms.Textarea({"rows": 2}),
        help_text=_("One on each line; scanning any of them finds the SKU."),
    )  # fmt: skip
    components = forms.CharField(
        label=_("Components of a bundle"), max_length=8000, required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("One on each line: SKU, a space, quantity. Only for bundles."),
    )  # fmt: skip
    safety = CleanCharField(label=_("Safety stock"), max_length=24, required=False, initial="0")
    weight_grams = forms.IntegerField(
        label=_("Weight in grams"), min_value=0, max_value=10**9, required=False
    )
    backorder = forms.BooleanField(
        label=_("May be sold beyond what is in stock (backorder)"), required=False
    )
    active = forms.BooleanField(label=_("Is sold"), required=False, initial=True)

    def clean_currency(self) -> str:
        """Return a currency that exists, in capitals."""
        currency = str(self.cleaned_data["currency"]).upper()
        if currency and currency not in EXPONENTS:
            raise forms.ValidationError(gettext("Type a currency code such as CNY."))
        return currency

    def clean_barcodes(self) -> list[str]:
        """Return the barcodes, each once."""
        found = list(dict.fromkeys(self.cleaned_data["barcodes"].split()))
        if len(found) > _CODES_MAX or any(len(one) > 80 for one in found):
            raise forms.ValidationError(
                gettext("At most 50 barcodes of at most 80 characters each.")
            )
        return found

    def clean_components(self) -> list[ComponentRequest]:
        """Return the components typed, one a line."""
        found = []
        for line in self.cleaned_data["components"].splitlines():
            sku, _, quantity = line.strip().rpartition(" ")
            if not line.strip():
                continue
            if not sku.strip() or len(sku.strip()) > 60:
                text = gettext("Type a SKU, a space and a quantity on each line: %(line)s")
                raise forms.ValidationError(text % {"line": line.strip()[:60]})
            found.append(ComponentRequest(sku.strip(), quantity))
        return found

    def clean(self) -> dict[str, Any]:
        """Ask for what belongs together."""
        given = super().clean() or {}
        if given.get("price") and not given.get("currency"):
            self.add_error("currency", gettext("Say in which currency the price is."))
        if given.get("components") and given.get("kind") != "bundle":
            self.add_error("components", gettext("Only a bundle has components."))
        if given.get("kind") == "bundle" and not given.get("components"):
            self.add_error("components", gettext("A bundle needs components."))
        return given

    def wish(self, product_name: str) -> SkuRequest:
        """Return what the form asks for."""
        given = self.cleaned_data
        return SkuRequest(
            code=given["sku"],
            name=given["sku_name"] or product_name,
            kind=given["kind"],
            price=given["price"] or None,
            currency=given["currency"] or None,
            unit=given["unit"],
            decimals=given["decimals"],
            barcodes=given["barcodes"],
            components=given["components"] if given["kind"] == "bundle" else msgspec.UNSET,
            safety=given["safety"] or "0",
            weight_grams=given["weight_grams"],
            backorder=given["backorder"],
            active=given["active"],
        )


SKU_PLACES = {"code": "sku", "name": "sku_name", "barcode": "barcodes", "quantity": "components"}
"""Where the use case's places are in the form."""


def initial_of(sku: dict[str, Any]) -> dict[str, Any]:
    """Return a SKU's document as the form shows it."""
    parts = [f"{part['sku']} {part['quantity']}" for part in sku["components"]]
    return {name: sku[name] for name in _SKU_FIELDS if name != "name"} | {
        "sku": sku["code"],
        "sku_name": sku["name"],
        "price": sku["price"] or "",
        "currency": sku["currency"] or "",
        "barcodes": "\n".join(sku["barcodes"]),
        "components": "\n".join(parts),
        "safety": str(sku["safety"]),
        "active": sku["active"],
    }


class PriceListForm(RecordForm):
    """A price list's own fields."""

    code = CleanCharField(label=_("Short code"), max_length=40)
    name = CleanCharField(label=_("Name"), max_length=120)
    currency = CleanCharField(label=_("Currency"), max_length=3, initial="CNY")
    valid_from = forms.DateTimeField(
        label=_("Valid from"), required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Empty is always. The worker turns the list on and off within a minute."),
    )  # fmt: skip
    valid_until = forms.DateTimeField(
        label=_("Valid until"), required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip

    def clean_currency(self) -> str:
        """Return a currency that exists, in capitals."""
        currency = str(self.cleaned_data["currency"]).upper()
        if currency not in EXPONENTS:
            raise forms.ValidationError(gettext("Type a currency code such as CNY."))
        return currency

    def clean(self) -> dict[str, Any]:
        """Keep the end after the beginning, and both in this age."""
        given = super().clean() or {}
        begin, end = given.get("valid_from"), given.get("valid_until")
        for name in ("valid_from", "valid_until"):
            at = given.get(name)
            if at is not None and not 1971 <= at.year <= 2199:
                self.add_error(name, gettext("Type a day between 1970 and 2199."))
        if begin and end and begin >= end:
            self.add_error("valid_until", gettext("The end must be after the beginning."))
        return given
