"""Hands mail in at a server: one message, bounded in time; says what came of it, never raises."""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from django.utils import timezone

from laidan.domain.notices import mail
from laidan.domain.notices.mail import MailServer
from laidan.domain.notices.robots import LATER, NEVER, OK, Verdict

SECONDS = 15.0
_PERMANENT = range(500, 600)


@dataclass(frozen=True, slots=True)
class Mail:
    """A plain text for some people; `key` is the same when it is sent again."""

    to: tuple[str, ...]
    title: str
    body: str
    key: str


def send(server: MailServer, one: Mail) -> tuple[Verdict, int]:
    """Hand a message in; return what that means and how many milliseconds it took."""
    begun = time.monotonic()
    try:
        with _connected(server) as smtp:
            refused = smtp.send_message(_message(server, one), server.sender, list(one.to))
    except smtplib.SMTPResponseException as error:
        verdict = _verdict(error.smtp_code, _text(error.smtp_error))
    except smtplib.SMTPRecipientsRefused as error:
        verdict = _refusals(list(error.recipients.values()))
    except (OSError, smtplib.SMTPException, ValueError) as error:
        verdict = Verdict(LATER, f"{type(error).__name__}: {error}"[:200])
    else:
        # Who was refused beside others is told; the others have it.
        verdict = Verdict(OK, ", ".join(sorted(refused))[:200])
    return verdict, int((time.monotonic() - begun) * 1000)


def _connected(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.security == mail.TLS:
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=SECONDS, context=context
        )
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    try:
        if server.security == mail.STARTTLS:
            smtp.starttls(context=context)
        if server.user:
            smtp.login(server.user, server.password)
    except Exception:
        smtp.close()
        raise
    return smtp


def _message(server: MailServer, one: Mail) -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = " ".join(one.title.split()) or "Laidan"
    made["From"], made["To"] = server.sender, ", ".join(one.to)
    made["Date"] = format_datetime(timezone.now())
    # The same message sent again is the same one to mail programs.
    domain = server.sender.partition("@")[2] or "localhost"
    made["Message-ID"] = f"<{one.key}@{domain}>" if one.key else make_msgid(domain=domain)
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(one.body or one.title)
    return made


def _refusals(replies: Sequence[tuple[int, bytes]]) -> Verdict:
    code, words = replies[0]
    return _verdict(min(reply[0] for reply in replies), _text(words) or str(code))


def _verdict(code: int, words: str) -> Verdict:
    # A login that is refused may be mended in the settings; the message is not at fault.
    is_final = code in _PERMANENT and code not in (530, 534, 535, 538)
    return Verdict(NEVER if is_final else LATER, f"{code} {words}"[:200])


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words
