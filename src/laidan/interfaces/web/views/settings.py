"""The settings: which pages of them there are, for whoever may open them."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from laidan.interfaces.web import navigation
from laidan.interfaces.web.admission import PageRequest, needs


class SettingsPage(NamedTuple):
    """A page of the settings: its route, icon, name and what it is for."""

    route: str
    icon: str
    label: str | Promise
    purpose: str | Promise


GROUPS = (
    (_("Business"), (
        SettingsPage("web:shops", "shopping-cart", _("Shops"), _("Where orders come from: currency, time zone, order type, locations in their order of preference.")),
        SettingsPage("web:locations", "building-warehouse", _("Locations"), _("Where stock is: warehouses, stores, places.")),
        SettingsPage("web:suppliers", "truck", _("Suppliers"), _("Whom you buy from, and how long it takes.")),
        SettingsPage("web:payment-accounts", "credit-card", _("Payments"), _("Accounts at payment providers, and what happens with late and excess money.")),
        SettingsPage("web:prices", "tag", _("Price lists"), _("Prices for shops, times and larger quantities.")),
    )),
    (_("Words and numbers"), (
        SettingsPage("web:dictionary", "list-details", _("Data dictionary"), _("Lists that people choose from: units, reasons, couriers.")),
        SettingsPage("web:tags", "tag", _("Tags"), _("Words on orders: their names, colours and how many orders have them.")),
        SettingsPage("web:sequences", "receipt", _("Number sequences"), _("How order numbers are made.")),
        SettingsPage("web:order-types", "layout-kanban", _("Order types"), _("States, steps and fields of each kind of order.")),
    )),
    (_("Access"), (
        SettingsPage("web:users", "users", _("Users"), _("Who may sign in.")),
        SettingsPage("web:roles", "lock", _("Roles"), _("What people may do and see.")),
        SettingsPage("web:settings-sign-in", "shield-check", _("Sign-in rules"), _("Who needs two-factor sign-in, and who has to wait.")),
        SettingsPage("web:me-keys", "key", _("API keys"), _("What other programs may do.")),
        SettingsPage("web:log", "history", _("Operation log"), _("Who did what, and when.")),
    )),
    (_("By itself"), (
        SettingsPage("web:schedules", "calendar-time", _("Schedules"), _("What is done at which times, how it went, and what is late.")),
        SettingsPage("web:webhooks", "send", _("Webhooks"), _("Which programs are told of events, and what they answered.")),
        SettingsPage("web:notices", "bell", _("Notifications"), _("Who is told of what, by e-mail or in a chat.")),
    )),
    (_("Data"), (
        SettingsPage("web:imports", "file-import", _("Import"), _("Orders, products, stock and customers from files.")),
        SettingsPage("web:files", "folder", _("Files"), _("What is kept beside orders, products and customers.")),
    )),
)  # fmt: skip
"""Every page that the settings may lead to; those that do not exist are left out."""


@needs()
@require_safe
def show_settings(request: PageRequest) -> HttpResponse:
    """Show the settings pages that there are and that somebody may open."""
    groups = []
    for label, pages in GROUPS:
        listed = [(page, address) for page in pages if (address := _address(request, page))]
        if listed:
            groups.append((label, listed))
    own = navigation.address_of("web:me")
    context = {"groups": groups, "own": own, "nav": "settings"}
    return render(request, "web/settings/index.html", context)


def _address(request: PageRequest, page: SettingsPage) -> str:
    try:
        address = reverse(page.route)
    except NoReverseMatch:
        return ""
    right = getattr(resolve(address).func, "right", None)
    return address if right is None or request.actor.may(right) else ""
