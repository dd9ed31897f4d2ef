"""What accounts at providers ask for, and by which method a buyer pays on his device."""

from __future__ import annotations

from functools import cache

from laidan.interfaces.providers.base import Field, Provider
from laidan.interfaces.providers.registry import PROVIDERS
from laidan.usecases.keep_accounts import Asked

SECRET_KINDS = frozenset(("secret", "pem"))
_ON_PHONES = ("h5", "wap", "checkout", "page", "native", "qr")
_ON_SCREENS = ("page", "native", "qr", "checkout", "h5", "wap")
_PHONE_MARKS = ("Mobile", "Android", "iPhone")
_INSIDE_WECHAT = "MicroMessenger"


@cache
def asked() -> dict[str, Asked]:
    """Return what each provider's accounts ask for, by the provider's code."""
    return {code: _asked(provider.fields) for code, provider in PROVIDERS.items()}


def _asked(fields: tuple[Field, ...]) -> Asked:
    return Asked(
        settings=frozenset(one.name for one in fields if one.kind not in SECRET_KINDS),
        secrets=frozenset(one.name for one in fields if one.kind in SECRET_KINDS),
        required=frozenset(one.name for one in fields if one.is_required),
        choices={one.name: one.choices for one in fields if one.choices},
    )


def method_for(provider: Provider, agent: str) -> str:
    """Return how a buyer pays who uses such a browser.

    Inside WeChat neither its own page nor another's app opens: there he reads the code.
    """
    wanted: tuple[str, ...] = _ON_SCREENS
    if any(mark in agent for mark in _PHONE_MARKS):
        wanted = _ON_PHONES if _INSIDE_WECHAT not in agent else _ON_SCREENS[1:]
    return next((one for one in wanted if one in provider.methods), provider.methods[0])
