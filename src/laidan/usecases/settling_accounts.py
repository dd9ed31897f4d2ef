"""The accounts that settlement is about: who may settle which, and by whose clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.conf import settings

from laidan.domain.channels.models import Shop
from laidan.domain.payments import accounts
from laidan.domain.payments.accounts import AccountRow
from laidan.domain.payments.settling import Booked
from laidan.domain.settlement import bills, core
from laidan.domain.settlement.core import Rule
from laidan.domain.settlement.matching import LedgerLine, OrderMoney
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Refused, invalid

_DAY_FIRST, _DAY_LAST = "1970-01-01", "2199-12-31"


def reaches(account: AccountRow, actor: Actor, right: str) -> bool:
    """Say whether somebody's right extends to all that an account takes money for."""
    shops = actor.shops(right)
    return shops is None or bool(account.shops and shops.issuperset(account.shops))


@dataclass(frozen=True, slots=True)
class Desk:
    """Accounts by id with their rules and clocks; `shops` has the codes of shops by id."""

    accounts: Mapping[str, AccountRow]
    rules: Mapping[str, Rule]
    shops: Mapping[str, str]

    def zone(self, account_id: str) -> ZoneInfo:
        """Return by whose clock an account's days begin."""
        return core.zone_of(
            self.rules[account_id], self.accounts[account_id].provider, settings.TIME_ZONE
        )

    def by_code(self, code: str, actor: Actor, right: str) -> AccountRow | Refused:
        """Return an account that somebody may settle, or that there is none for him."""
        found = next((one for one in self.accounts.values() if one.code == code), None)
        if found is None or not reaches(found, actor, right):
            return Refused("unknown-account", f"There is no payment account {code[:40]}.", 404)
        return found

    def line(self, booked: Booked, order: OrderMoney | None) -> LedgerLine | None:
        """Return an entry as a line of the account that it came by, None where it came by none."""
        account = self._account_of(booked, self.shops.get(order.shop_id, "") if order else "")
        if account is None:
            return None
        return LedgerLine(
            booked.id, booked.order_id, booked.kind, booked.reference, booked.amount_minor,
            booked.currency, booked.at, booked.number, booked.other_reference, account.id,
            core.day_of(booked.at, self.zone(account.id)),
            order.shop_id if order else None, order.order_no if order else "",
        )  # fmt: skip

    def owner(self, booked: Booked, order: OrderMoney | None) -> str | None:
        """Return the id of the account that an entry came by."""
        account = self._account_of(booked, self.shops.get(order.shop_id, "") if order else "")
        return account.id if account else None

    def _account_of(self, booked: Booked, shop: str) -> AccountRow | None:
        if booked.account_id is not None:
            return self.accounts.get(booked.account_id)
        # Entered by hand or brought by a channel: of the account that is the shop's own, else of
        # the one that is everybody's.
        mine = [one for one in self.accounts.values() if one.provider == booked.provider]
        own = [one for one in mine if shop in one.shops]
        return next(iter([*own, *(one for one in mine if not one.shops)]), None)


def open_desk() -> Desk:
    """Load accounts, rules and shops: three statements."""
    found = accounts.load_accounts()
    rules = bills.load_rules([one.id for one in found.values()])
    shops = dict(Shop.objects.values_list("id", "code"))
    return Desk({one.id: one for one in found.values()}, rules, shops)


def day_fault(day: str) -> Refused | None:
    """Refuse what is no day."""
    try:
        is_day = date.fromisoformat(day).isoformat() == day and _DAY_FIRST <= day <= _DAY_LAST
    except ValueError:
        is_day = False
    return None if is_day else invalid("day", f"{day[:20]!r} is no day such as 2026-11-22")
