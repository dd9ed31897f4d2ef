"""What the robots of 企业微信, 钉钉 and 飞书 are sent, and what their answers mean; pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from laidan.domain.notices import core

HOSTS = {
    core.WECOM: ("qyapi.weixin.qq.com",),
    core.DINGTALK: ("oapi.dingtalk.com",),
    core.FEISHU: ("open.feishu.cn", "open.larksuite.com"),
}
"""Where the robots are; an address elsewhere is none."""
# Beyond these the chats refuse a text: bytes of UTF-8, with room for what stands around it.
_BYTES_MAX = {core.WECOM: 2000, core.DINGTALK: 18_000, core.FEISHU: 18_000}
_SIGNED = (core.DINGTALK, core.FEISHU)
# Answers that mean "later": too many messages, or the chat's own trouble.
_LATER = {
    core.WECOM: (-1, 45009, 45033, 50001),
    core.DINGTALK: (-1, 130101, 130102, 410100, 660026, 50001),
    core.FEISHU: (9499, 11232, 99991400, 5000),
}
OK, LATER, NEVER = "ok", "later", "never"


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted to a robot; the address holds its key."""

    url: str = field(repr=False)
    body: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer means: ok, later (try again) or never, with the chat's own words."""

    means: str
    words: str


def address_fault(kind: str, url: str, *, any_host: bool = False) -> str:
    """Return why an address is no robot's, "" where it is one."""
    parts = urlsplit(url)
    if any_host and parts.scheme in ("http", "https") and parts.hostname:
        return ""
    if parts.scheme != "https" or parts.username or parts.port not in (None, 443):
        return "is an https address"
    if parts.hostname not in HOSTS[kind]:
        return f"is at {' or '.join(HOSTS[kind])}"
    return "" if parts.path.strip("/") else "has the whole address that the chat has shown"


def message(kind: str, config: dict[str, Any], text: tuple[str, str], now: datetime) -> Message:
    """Return the message that a robot is sent: plain text, so that nothing in it is a command."""
    title, body = text
    shown = _cut(f"{title}\n{body}".strip(), _BYTES_MAX[kind])
    url, secret = str(config["url"]), str(config.get("secret") or "")
    if kind == core.FEISHU:
        # Angle brackets would be tags there, such as one that calls everybody.
        content: dict[str, Any] = {
            "msg_type": "text",
            "content": {"text": shown.replace("<", "＜")},
        }
        if secret:
            stamp = str(int(now.timestamp()))
            content |= {"timestamp": stamp, "sign": feishu_sign(stamp, secret)}
        return Message(url, _json(content))
    if kind == core.DINGTALK and secret:
        stamp = str(int(now.timestamp() * 1000))
        joint = "&" if "?" in url else "?"
        sign = quote(dingtalk_sign(stamp, secret), safe="")
        url = f"{url}{joint}timestamp={stamp}&sign={sign}"
    return Message(url, _json({"msgtype": "text", "text": {"content": shown}}))


def dingtalk_sign(stamp: str, secret: str) -> str:
    """Return 钉钉's signature: HMAC-SHA256 of "timestamp, line break, secret" under the secret."""
    digest = hmac.digest(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


def feishu_sign(stamp: str, secret: str) -> str:
    """Return 飞书's signature: HMAC-SHA256 of nothing under "timestamp, line break, secret"."""
    digest = hmac.digest(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256)
    return base64.b64encode(digest).decode()


def verdict(kind: str, status: int | None, answer: str, error: str) -> Verdict:
    """Return what the answer to a message means; an error of the connection is "later"."""
    if status is None or error:
        return Verdict(LATER, error or "no answer")
    if status == 429 or status >= 500:
        return Verdict(LATER, f"HTTP {status}")
    if not 200 <= status < 300:
        return Verdict(NEVER, f"HTTP {status}")
    try:
        told = json.loads(answer)
        code = told.get("errcode", told.get("code", told.get("StatusCode")))
        words = str(told.get("errmsg") or told.get("msg") or told.get("StatusMessage") or "")
    except (ValueError, AttributeError):
        return Verdict(LATER, "the answer is no JSON object")
    if code == 0:
        return Verdict(OK, words or "ok")
    means = LATER if code in _LATER[kind] else NEVER
    return Verdict(means, f"{code} {words}".strip()[:200])


def is_signed(kind: str) -> bool:
    """Say whether the robots of a chat may have a secret."""
    return kind in _SIGNED


def _cut(text: str, most: int) -> str:
    raw = text.encode("utf-8", "replace")
    if len(raw) <= most:
        return raw.decode()
    return raw[: most - 3].decode("utf-8", "ignore") + "…"


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()
