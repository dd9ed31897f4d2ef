"""Keeps the accounts at payment providers, their secrets sealed and never shown again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import msgspec

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.channels import store as channels
from laidan.domain.payments import accounts as store
from laidan.domain.payments.accounts import AccountRow
from laidan.engine import unit
from laidan.engine.sealing import Keyring, keyring
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Fault, Outcome, Refused
from laidan.usecases.needing import needs
from laidan.usecases.open_locations import name_fault
from laidan.usecases.texts import note_faults

Entropy = Callable[[int], bytes]
TITLE_MAX = 80
SETTING_MAX = 4000
SECRET_MAX = 20_000
PLACE_MAX = 9999
FAULT_MAX = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """What a provider's accounts are asked: names of settings and of secrets, and what must be there."""

    settings: frozenset[str]
    secrets: frozenset[str]
    required: frozenset[str] = frozenset()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeepAccount:
    """An account as it shall be; None leaves a known one's value as it is, as an empty secret does.

    `version` is the one that was changed (0 of a new account); None overwrites whatever is there.
    """

    code: str
    actor: Actor
    provider: str | None = None
    title: str | None = None
    shops: tuple[str, ...] | None = None
    settings: Mapping[str, str] | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_active: bool | None = None
    place: int | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class AccountAnswer:
    """What became of an account."""

    id: str
    code: str
    version: int
    created: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True)
class NoteCheck:
    """How trying an account's connection ended: no fault is success."""

    code: str
    actor: Actor
    fault: str = ""


@needs("settings.payments")
def keep_accounts(
    batch: Sequence[KeepAccount], *, providers: Mapping[str, Asked], now: datetime,
    entropy: Entropy = os.urandom,
) -> list[Outcome[AccountAnswer]]:  # fmt: skip
    """Upsert each account; one outcome per request, in the order given.

    `providers` are those that there are, by code, with what they ask for. Locks: the accounts.
    Refuses: invalid-request, unknown-provider, provider-fixed, unknown-shop, account-changed.
    """
    return unit.run_batch(batch, partial(_attempt, providers=providers, now=now, entropy=entropy))


@needs("settings.payments")
def note_checks(
    batch: Sequence[NoteCheck], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[AccountAnswer]]:
    """Write down how trying connections ended. Locks: the accounts. Refuses: unknown-account."""
    return unit.run_batch(batch, partial(_note, now=now, entropy=entropy))


def _attempt(
    batch: Sequence[KeepAccount], *, providers: Mapping[str, Asked], now: datetime,
    entropy: Entropy,
) -> list[Outcome[AccountAnswer]]:  # fmt: skip
    mint, keys = Mint(now, entropy), keyring()
    before = store.load_accounts(lock=True)
    named = {code for request in batch for code in request.shops or ()}
    shops = frozenset(channels.load_shop_rows(named)) if named else frozenset()
    rows = dict(before)
    outcomes: list[Outcome[AccountAnswer]] = []
    deeds: list[Deed] = []
    for request in batch:
        old = rows.get(request.code)
        row = _wanted(request, old, mint, now)
        refused = _refused(request, old, row, providers, shops)
        if refused is None:
            row, refused = _sealed(request, row, old, providers[row.provider], keys)
        if refused is not None:
            outcomes.append(refused)
            continue
        if row != old:
            row = row._replace(version=(old.version if old else 0) + 1, updated_at=now)
            deeds.append(_deed(request, old, row))
        rows[row.code] = row
        outcomes.append(Done(AccountAnswer(row.id, row.code, row.version, old is None, row != old)))
    store.write_accounts(
        [row for code, row in rows.items() if code not in before],
        [row for code, row in rows.items() if row != before.get(code, row)],
    )
    record(deeds, now=now, mint=mint)
    return outcomes


def _wanted(request: KeepAccount, old: AccountRow | None, mint: Mint, now: datetime) -> AccountRow:
    base = old or AccountRow(
        mint.new(), request.code, request.provider or "", request.code, (), {}, None,
        is_active=True, place=0, version=0, checked_at=None, check_fault="", created_at=now,
        updated_at=now,
    )  # fmt: skip
    given = {
        name: value
        for name in ("provider", "title", "shops", "settings", "is_active", "place")
        if (value := getattr(request, name)) is not None
    }
    if "shops" in given:
        given["shops"] = tuple(sorted(set(given["shops"])))
    if "settings" in given:
        given["settings"] = {name: text for name, text in given["settings"].items() if text}
    return base._replace(**given)


def _refused(
    request: KeepAccount, old: AccountRow | None, row: AccountRow, providers: Mapping[str, Asked],
    shops: frozenset[str],
) -> Refused | None:  # fmt: skip
    refused = name_fault(request.code, row.title)
    if refused is not None:
        return refused
    if row.provider not in providers:
        known = ", ".join(sorted(providers))
        return Refused("unknown-provider", f"There is no such provider; there are {known}.", 422,
                       (Fault("provider", "there is no such provider"),))  # fmt: skip
    if old is not None and row.provider != old.provider:
        return Refused(
            "provider-fixed", "An account stays with its provider; add another account instead."
        )
    if request.version is not None and request.version != (old.version if old else 0):
        return Refused("account-changed", "Somebody else has changed the account meanwhile.")
    unknown = sorted(set(request.shops or ()) - shops)
    if unknown:
        hint = f"there is no shop {unknown[0]!r}"
        return Refused("unknown-shop", hint, 422, (Fault("shops", hint),))
    faults = list(_faults(row, request, providers[row.provider]))
    return _told(faults) if faults else None


def _faults(row: AccountRow, request: KeepAccount, asked: Asked) -> Iterator[Fault]:
    if len(row.title) > TITLE_MAX:
        yield Fault("title", f"has at most {TITLE_MAX} characters")
    if not 0 <= row.place <= PLACE_MAX:
        yield Fault("place", f"must be from 0 to {PLACE_MAX}")
    for kind, given, known, most in (
        ("settings", row.settings, asked.settings, SETTING_MAX),
        ("secrets", request.secrets, asked.secrets, SECRET_MAX),
    ):
        for name, text in given.items():
            if name not in known:
                yield Fault(f"{kind}.{name}", "the provider asks for no such thing")
            elif len(text) > most:
                yield Fault(f"{kind}.{name}", f"has at most {most} characters")
            elif name in asked.choices and text not in asked.choices[name]:
                yield Fault(f"{kind}.{name}", f"must be one of {', '.join(asked.choices[name])}")
            yield from note_faults(text, f"{kind}.{name}")


def _sealed(
    request: KeepAccount, row: AccountRow, old: AccountRow | None, asked: Asked, keys: Keyring
) -> tuple[AccountRow, Refused | None]:
    """Return the row with its secrets sealed anew where they changed; what must be there, is."""
    kept = dict(store.opened(old, keys).secrets) if old is not None else {}
    secrets = kept | {name: text for name, text in request.secrets.items() if text}
    missing = asked.required - {name for name, text in row.settings.items() if text} - set(secrets)
    if missing and row.is_active:
        return row, _told(
            [
                Fault(f"{'secrets' if name in asked.secrets else 'settings'}.{name}", "is needed")
                for name in sorted(missing)
            ]
        )
    if secrets == kept:
        return row, None
    # What was found out with the old ones says nothing of the new ones.
    return row._replace(
        secrets_sealed=store.sealed_secrets(row.id, secrets, keys), checked_at=None, check_fault=""
    ), None


def _told(faults: Sequence[Fault]) -> Refused:
    words = "; ".join(f"{fault.loc}: {fault.msg}" for fault in faults[:3])
    return Refused("invalid-request", words, 422, tuple(faults))


def _deed(request: KeepAccount, old: AccountRow | None, row: AccountRow) -> Deed:
    action = "payment-account.created" if old is None else "payment-account.changed"
    renewed = sorted(name for name, text in request.secrets.items() if text)
    after = _shown(row) | ({"secrets": renewed} if renewed else {})
    return Deed(
        request.actor.label, action, "payment-account", row.id, row.code,
        before=_shown(old) if old is not None else None, after=after,
    )  # fmt: skip


def _shown(row: AccountRow) -> dict[str, object]:
    """Return what the log may say of an account: of secrets only which ones were set."""
    names = ("provider", "title", "is_active", "place")
    return {name: getattr(row, name) for name in names} | {
        "shops": list(row.shops), "settings": msgspec.to_builtins(dict(row.settings)),
    }  # fmt: skip


def _note(
    batch: Sequence[NoteCheck], *, now: datetime, entropy: Entropy
) -> list[Outcome[AccountAnswer]]:
    rows = store.load_accounts(lock=True)
    outcomes: list[Outcome[AccountAnswer]] = []
    changed: dict[str, AccountRow] = {}
    deeds: list[Deed] = []
    for request in batch:
        row = changed.get(request.code) or rows.get(request.code)
        if row is None:
            outcomes.append(Refused("unknown-account", "There is no such account.", 404))
            continue
        row = row._replace(checked_at=now, check_fault=request.fault[:FAULT_MAX])
        changed[row.code] = row
        deeds.append(
            Deed(request.actor.label, "payment-account.tested", "payment-account", row.id, row.code,
                 reason=row.check_fault)
        )  # fmt: skip
        outcomes.append(Done(AccountAnswer(row.id, row.code, row.version)))
    store.write_accounts([], list(changed.values()))
    record(deeds, now=now, mint=Mint(now, entropy))
    return outcomes
