"""Keeps what shops do with money that comes late or twice, and with refunds."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.channels import store as channels
from laidan.domain.payments import accounts as store
from laidan.domain.payments import core
from laidan.domain.payments.core import EVERY_SHOP, Policy
from laidan.engine import unit
from laidan.kernel import money
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.needing import needs

Entropy = Callable[[int], bytes]
USUAL_CURRENCY = "CNY"
"""In which the amounts of all shops that have no policy of their own are said."""


@dataclass(frozen=True, slots=True)
class KeepPolicy:
    """What a shop shall do with money; no shop is all that have nothing of their own.

    Amounts are decimal texts of the shop's currency, empty for no limit. `version` is the one
    that was changed; None overwrites whatever is there.
    """

    shop: str
    actor: Actor
    late_steps: tuple[str, ...]
    excess_steps: tuple[str, ...]
    auto_refund: str = "0"
    second_person: str = ""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class PolicyAnswer:
    """What became of a shop's policy."""

    shop: str
    version: int
    changed: bool = False


@needs("settings.payments")
def keep_policies(
    batch: Sequence[KeepPolicy], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[PolicyAnswer]]:
    """Set what shops do with money; one outcome per request, in the order given.

    Locks: the shops named. Refuses: invalid-request, unknown-shop, policy-changed.
    """
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def _attempt(
    batch: Sequence[KeepPolicy], *, now: datetime, entropy: Entropy
) -> list[Outcome[PolicyAnswer]]:
    shops = channels.load_shop_rows({request.shop for request in batch if request.shop})
    before = store.load_policies({row.id for row in shops.values()})
    rows = dict(before)
    outcomes: list[Outcome[PolicyAnswer]] = []
    deeds: list[Deed] = []
    changed: dict[str, Policy] = {}
    for request in batch:
        shop = shops.get(request.shop)
        if request.shop and shop is None:
            hint = f"there is no shop {request.shop!r}"
            outcomes.append(invalid("shop", hint, "unknown-shop"))
            continue
        key = shop.id if shop else EVERY_SHOP
        old = rows[key]
        wanted = _wanted(request, key, old, shop.currency if shop else USUAL_CURRENCY)
        if isinstance(wanted, Refused):
            outcomes.append(wanted)
            continue
        is_new = _told(wanted) != _told(old) or old.id != key
        if is_new:
            wanted = wanted._replace(version=own_version(old, key) + 1)
            deeds.append(
                Deed(request.actor.label, "money-policy.changed", "money-policy", key,
                     request.shop or "*", before=_told(old), after=_told(wanted))
            )  # fmt: skip
            rows[key] = changed[key] = wanted
        outcomes.append(Done(PolicyAnswer(request.shop, rows[key].version, is_new)))
    store.write_policies(changed.values(), now)
    record(deeds, now=now, mint=Mint(now, entropy))
    return outcomes


def own_version(policy: Policy, key: str) -> int:
    """Return the version of a shop's own policy; 0 where it has none of its own."""
    return policy.version if policy.id == key else 0


def _wanted(request: KeepPolicy, key: str, old: Policy, currency: str) -> Policy | Refused:
    if request.version is not None and request.version != own_version(old, key):
        return Refused("policy-changed", "Somebody else has changed this meanwhile.")
    for name, steps, known in (
        ("late_steps", request.late_steps, core.LATE_STEPS),
        ("excess_steps", request.excess_steps, core.EXCESS_STEPS),
    ):
        if not steps or len(set(steps)) != len(steps) or set(steps) - set(known):
            return invalid(name, f"must be some of {', '.join(known)}, each once")
    limits: dict[str, int | None] = {}
    for name in ("auto_refund", "second_person"):
        limit = _limit(getattr(request, name), currency)
        if isinstance(limit, Refused):
            return invalid(name, limit.detail)
        limits[name] = limit
    return Policy(
        key, request.late_steps, request.excess_steps, limits["auto_refund"],
        limits["second_person"], own_version(old, key),
    )  # fmt: skip


def _limit(text: str, currency: str) -> int | Refused | None:
    if not text.strip():
        return None
    try:
        amount = money.parse_minor(text.strip(), currency)
    except money.NotAnAmountError as error:
        return invalid("", str(error))
    return amount if amount >= 0 else invalid("", "must be 0 or more")


def _told(policy: Policy) -> dict[str, object]:
    names = ("late_steps", "excess_steps", "auto_refund_minor", "second_person_minor")
    told = {name: getattr(policy, name) for name in names}
    return told | {name: list(told[name]) for name in names[:2]}
