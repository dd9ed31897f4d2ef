"""Accounts at payment providers, and what shops do with money; secrets stay sealed in here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from laidan.domain.payments import models
from laidan.domain.payments.core import EVERY_SHOP, Policy
from laidan.domain.payments.facts import Account
from laidan.engine import bulk_sql, instants
from laidan.engine.sealing import Keyring

_json = msgspec.json.Encoder().encode
_POLICY = (
    "id", "late_steps", "excess_steps", "auto_refund_minor", "second_person_minor", "version",
)  # fmt: skip


class AccountRow(NamedTuple):
    """One row of payment_account, in the order of its columns; JSON is read."""

    id: str
    code: str
    provider: str
    title: str
    shops: tuple[str, ...]
    settings: Mapping[str, str]
    secrets_sealed: str | None
    is_active: bool
    place: int
    version: int
    checked_at: datetime | None
    check_fault: str
    created_at: datetime
    updated_at: datetime

    def serves(self, shop_code: str) -> bool:
        """Say whether a shop takes money by this account."""
        return self.is_active and (not self.shops or shop_code in self.shops)


def load_accounts(*, lock: bool = False) -> dict[str, AccountRow]:
    """Return every account by code, in the order in which they are offered; there are few."""
    found = bulk_sql.rows(
        f"SELECT {', '.join(AccountRow._fields)} FROM payment_account ORDER BY place, code"
        f"{bulk_sql.locking() if lock else ''}"
    )
    return {row[1]: _row(row) for row in found}


def _row(row: Sequence[Any]) -> AccountRow:
    made = AccountRow(*instants.aware(row))
    shops: Any = made.shops
    settings: Any = made.settings
    return made._replace(
        shops=tuple(msgspec.json.decode(shops)),
        settings=msgspec.json.decode(settings),
        is_active=bool(made.is_active),
    )


def write_accounts(added: Sequence[AccountRow], changed: Sequence[AccountRow]) -> None:
    """Insert accounts, and write others; the version is the compare-and-set."""
    bulk_sql.insert_rows(models.PaymentAccount, AccountRow._fields, [_values(a) for a in added])
    names = (
        "title", "shops", "settings", "secrets_sealed", "is_active", "place", "version",
        "checked_at", "check_fault", "updated_at",
    )  # fmt: skip
    place = {name: at for at, name in enumerate(AccountRow._fields)}
    bulk_sql.update_rows(
        models.PaymentAccount,
        ("id",),
        names,
        [(values[0], *(values[place[n]] for n in names)) for values in map(_values, changed)],
    )


def _values(row: AccountRow) -> tuple[Any, ...]:
    return tuple(
        row._replace(
            shops=_json(list(row.shops)).decode(),  # type: ignore[arg-type]  # text in the row
            settings=_json(dict(row.settings)).decode(),  # type: ignore[arg-type]  # as above
        )
    )


def opened(row: AccountRow, keys: Keyring) -> Account:
    """Return an account with its secrets unsealed, for whoever speaks with the provider."""
    secrets: dict[str, str] = {}
    if row.secrets_sealed:
        secrets = msgspec.json.decode(keys.unseal(row.secrets_sealed, row.id))
    return Account(row.id, row.code, row.provider, row.settings, secrets)


def sealed_secrets(account_id: str, secrets: Mapping[str, str], keys: Keyring) -> str | None:
    """Return secrets as the text that a row keeps."""
    return keys.seal(_json(dict(secrets)).decode(), account_id) if secrets else None


def load_policies(shop_ids: Collection[str]) -> dict[str, Policy]:
    """Return each shop's policy: its own, else that of all shops, else the usual one."""
    where, values = bulk_sql.among("id", {*shop_ids, EVERY_SHOP})
    found = {}
    for row in bulk_sql.rows(
        f"SELECT {', '.join(_POLICY)} FROM money_policy WHERE {where}", values
    ):
        late, excess = (tuple(msgspec.json.decode(text)) for text in row[1:3])
        found[row[0]] = Policy(row[0], late, excess, *row[3:])
    usual = found.get(EVERY_SHOP, Policy(EVERY_SHOP))
    return {shop_id: found.get(shop_id, usual) for shop_id in {*shop_ids, EVERY_SHOP}}


def write_policies(rows: Iterable[Policy], now: datetime) -> None:
    """Set what shops do with money."""
    listed = list(rows)
    names = ("id", "late_steps", "excess_steps", "auto_refund_minor", "second_person_minor", "version", "updated_at")  # fmt: skip
    where, values = bulk_sql.among("id", [one.id for one in listed])
    bulk_sql.run(f"DELETE FROM money_policy WHERE {where}", values)
    bulk_sql.insert_rows(
        models.MoneyPolicy,
        names,
        [
            (
                one.id, _json(list(one.late_steps)).decode(), _json(list(one.excess_steps)).decode(),
                one.auto_refund_minor, one.second_person_minor, one.version, now,
            )
            for one in listed
        ],
    )  # fmt: skip
