"""Keeps the mail server: where mail is handed in, sealed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import msgspec
from django.conf import settings

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.notices import mail
from laidan.domain.notices.mail import MailServer
from laidan.engine import unit
from laidan.engine.models import Setting
from laidan.engine.sealing import SealError, keyring
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.keep_notices import MANAGE, deed
from laidan.usecases.needing import by_system, needs

MAIL_SERVER = "mail.server"
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class KeepMailServer:
    """The mail server as it shall be; without one there is none (but that of the environment)."""

    actor: Actor
    server: MailServer | None


@needs(MANAGE)
def keep_mail_server(batch: Sequence[KeepMailServer], *, now: datetime) -> list[Outcome[None]]:
    """Keep the mail server, sealed. Locks: its row. Refuses: invalid-request."""
    return unit.run_batch(batch, partial(_server, now=now))


@by_system("the worker and the pages read it")
def mail_server() -> MailServer | None:
    """Return the mail server: the environment's, else the one that was kept; None without."""
    if settings.LAIDAN_SMTP_URL:
        return mail.parse_server(settings.LAIDAN_SMTP_URL, settings.LAIDAN_MAIL_FROM)
    kept = Setting.objects.filter(name=MAIL_SERVER).values_list("value", flat=True).first()
    if not kept:
        return None
    try:
        return MailServer(**msgspec.json.decode(keyring().unseal(kept, MAIL_SERVER)))
    except (SealError, TypeError):
        return None


def _server(batch: Sequence[KeepMailServer], *, now: datetime) -> list[Outcome[None]]:
    outcomes: list[Outcome[None]] = []
    deeds: list[Deed] = []
    for request in batch:
        refused = _server_fault(request.server) if request.server is not None else None
        if refused is not None:
            outcomes.append(refused)
            continue
        if request.server is None:
            Setting.objects.filter(name=MAIL_SERVER).delete()
        else:
            sealed = keyring().seal(_encode(request.server.document()).decode(), MAIL_SERVER)
            Setting.objects.update_or_create(name=MAIL_SERVER, defaults={"value": sealed})
        after = (
            {"host": request.server.host, "sender": request.server.sender} if request.server else {}
        )
        deeds.append(deed(request.actor, "mail-server.changed", ("", ""), {}, after))
        outcomes.append(Done(None))
    record(deeds, now=now)
    return outcomes


def _server_fault(server: MailServer) -> Refused | None:
    if not re.fullmatch(r"[A-Za-z0-9.:-]{1,253}", server.host):
        return invalid("host", "is a name or address of a server")
    if not 0 < server.port < 65536:
        return invalid("port", "is a number from 1 to 65535")
    if server.security not in mail.SECURITIES:
        return invalid("security", f"is one of {', '.join(mail.SECURITIES)}")
    return None if mail.is_address(server.sender) else invalid("sender", "is no address")
