"""Every payment provider by its code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from laidan.interfaces.providers.alipay.provider import Alipay
from laidan.interfaces.providers.base import Provider
from laidan.interfaces.providers.by_hand import BANK_TRANSFER, CASH
from laidan.interfaces.providers.stripe.provider import Stripe
from laidan.interfaces.providers.testing import TestProvider
from laidan.interfaces.providers.wechat_pay.provider import WechatPay

_ALL: tuple[Provider, ...] = (
    Alipay(), WechatPay(), Stripe(), BANK_TRANSFER, CASH, TestProvider(),
)  # fmt: skip
PROVIDERS: Mapping[str, Provider] = MappingProxyType({one.code: one for one in _ALL})
