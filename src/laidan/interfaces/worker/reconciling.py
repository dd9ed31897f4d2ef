"""Fetches yesterday's bill of every account whose provider gives one, and has it read."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, datetime

from laidan.domain.payments import accounts
from laidan.domain.payments.accounts import AccountRow
from laidan.domain.settlement import core, store
from laidan.engine.sealing import keyring
from laidan.interfaces.files import storage
from laidan.interfaces.providers.base import Provider, ProviderError
from laidan.interfaces.providers.bills.importing import reading_of
from laidan.interfaces.providers.registry import PROVIDERS
from laidan.kernel.actor import SYSTEM
from laidan.usecases.import_bills import note_empty_days
from laidan.usecases.match_days import match_days
from laidan.usecases.settlement_requests import READ_BILL, MatchDay, NoteEmptyDay
from laidan.usecases.start_jobs import StartJob, start_jobs

log = logging.getLogger("laidan.settlement")
DAYS_BACK = 3
"""A bill that could not be fetched is asked for again on so many days."""


def reconcile_daily(now: datetime, providers: Mapping[str, Provider] = PROVIDERS) -> dict[str, int]:
    """Fetch the bills of the last days that have none yet, and have them read; returns figures.

    Nothing is locked while a provider is asked. A day without trade is matched at once; one of an
    account that no provider accounts for, with its orders. Safe to repeat.
    """
    figures = {"bills": 0, "empty": 0, "matched": 0, "failed": 0}
    for account in accounts.load_accounts().values():
        provider = providers.get(account.provider)
        if not account.is_active or provider is None:
            continue
        for day in _days_without_bill(account, now):
            figures[_reconcile(account, provider, day, now)] += 1
    return figures


def _days_without_bill(account: AccountRow, now: datetime) -> list[str]:
    zone = reading_of(account).zone
    today, days = core.day_of(now, zone), []
    for _ in range(DAYS_BACK):
        today = core.neighbours(today)[0]
        days.append(today)
    known = store.load_days([(account.id, day) for day in days])
    first = core.day_of(account.created_at, zone)
    return [
        day
        for day in reversed(days)
        if day >= first and not _is_settled(known.get((account.id, day)), account)
    ]


def _is_settled(row: store.DayRow | None, account: AccountRow) -> bool:
    if row is None:
        return False
    return row.has_bill or (account.provider in core.WITHOUT_BILLS and row.matched_at is not None)


def _reconcile(account: AccountRow, provider: Provider, day: str, now: datetime) -> str:
    """Deal with one day of an account; returns what it counts as."""
    if account.provider not in core.WITHOUT_BILLS:
        try:
            files = provider.fetch_bill(
                accounts.opened(account, keyring()), date.fromisoformat(day), now=now
            )
        except ProviderError as error:
            log.warning("the bill of %s of %s was not fetched: %s", account.code, day, error)
            # The day is listed all the same, as one whose bill is missing.
            match_days([MatchDay(account.code, day, SYSTEM)], now=now)
            return "failed"
        if files:
            for number, content in enumerate(files, 1):
                _read(account, day, content, number, now)
            return "bills"
        note_empty_days([NoteEmptyDay(account.code, day, SYSTEM)], now=now)
        match_days([MatchDay(account.code, day, SYSTEM)], now=now)
        return "empty"
    match_days([MatchDay(account.code, day, SYSTEM)], now=now)
    return "matched"


def _read(account: AccountRow, day: str, content: bytes, number: int, now: datetime) -> None:
    ending = "zip" if content.startswith(b"PK") else "csv"
    name = f"{account.code}-{day}-{number}.{ending}"
    stored = storage.keep([content], name)
    wish = StartJob(
        READ_BILL, SYSTEM, None, {"account": account.code, "day": day}, name,
        once=f"{READ_BILL} {account.code} {day} {stored.sha256[:32]}", file_in=stored,
    )  # fmt: skip
    (outcome,) = start_jobs([wish], now=now)
    if getattr(outcome, "replayed", False):
        storage.drop(stored)
