"""One request to WeChat Pay v3, signed, and its answer, verified before anything of it is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from laidan.domain.payments.facts import Account
from laidan.interfaces.providers.base import (
    MisconfiguredError,
    NoAnswerError,
    ProviderRefusedError,
)
from laidan.interfaces.providers.calling import Answer, send
from laidan.interfaces.providers.reading import UnreadableError, document, needed
from laidan.interfaces.providers.wechat_pay import signing
from laidan.interfaces.providers.wechat_pay.platform_keys import Keys, Rotation, certified

API = "https://api.mch.weixin.qq.com"
_MISCONFIGURED = frozenset((
    "SIGN_ERROR", "NO_AUTH", "MCH_NOT_EXISTS", "MCHID_NOT_EXIST", "APPID_MCHID_NOT_MATCH",
    "APPID_NOT_EXIST", "CERT_ERROR", "API_UNAUTHORIZED",
))  # fmt: skip
_UNDECIDED = frozenset((
    "SYSTEM_ERROR", "SYSTEMERROR", "BANK_ERROR", "BANKERROR", "FREQUENCY_LIMITED",
    "FREQUENCY_LIMIT_EXCEED", "RATELIMIT_EXCEEDED", "USERPAYING", "BIZERR_NEED_RETRY",
    "STATEMENT_CREATING",
))  # fmt: skip
"""Asked again later, or asked about: WeChat Pay has not decided."""


class Gate:
    """The way to WeChat Pay's interface, with the certificates that it has changed to."""

    def __init__(self, api: str) -> None:
        self.api = api
        self._rotation = Rotation()

    def ask(
        self,
        account: Account,
        path: str,
        sent: Mapping[str, Any] | None = None,
        *,
        now: datetime,
    ) -> dict[str, Any]:
        """Return what a path answers, to a GET where nothing is sent; an empty answer is {}."""
        body = b"" if sent is None else json.dumps(sent, ensure_ascii=False).encode()
        method = "GET" if sent is None else "POST"
        answer = send(signing.call(account, method, f"{self.api}{path}", body, now))
        # What has passed while it answered is at most the time that it may take.
        wrong = signing.fault(answer.headers, answer.body, now, self.key_of(account, now))
        try:
            said = document(answer.body) if answer.body else {}
        except UnreadableError as error:
            raise NoAnswerError(f"WeChat Pay's answer cannot be read: {error}") from error
        return _judged(answer, said, wrong)

    def key_of(self, account: Account, now: datetime) -> signing.KeyOf:
        """Return the look-up of WeChat Pay's keys by serial for one account."""
        return lambda number: self._rotation.find(
            account, number, lambda: self._certificates(account, now)
        )

    def _certificates(self, account: Account, now: datetime) -> Keys:
        path = f"{self.api}/v3/certificates"
        answer = send(signing.call(account, "GET", path, b"", now), seconds=3)
        if answer.status != 200:
            raise NoAnswerError(f"no certificates: status {answer.status}")
        found = certified(answer.body, needed(account, "apiv3_key"), now)
        # The answer itself has to be signed by one of the keys that it brings.
        if signing.fault(answer.headers, answer.body, now, found.get):
            raise NoAnswerError("the certificates are not signed by one of them")
        return found


def _judged(answer: Answer, said: dict[str, Any], wrong: str) -> dict[str, Any]:
    code = str(said.get("code") or "")
    words = str(said.get("message") or "")[:200]
    if answer.status == 401 or code in _MISCONFIGURED:
        # Neither a yes nor a final no; an answer to a bad signature is not signed.
        raise MisconfiguredError(f"WeChat Pay does not know this account: {words}", code)
    if wrong:
        raise NoAnswerError(f"WeChat Pay's answer is not believed: {wrong}", code)
    if 200 <= answer.status < 300:
        return said
    if answer.status >= 500 or answer.status == 429 or code in _UNDECIDED or not code:
        raise NoAnswerError(f"WeChat Pay could not say: {words}", code)
    raise ProviderRefusedError(words, code)
