"""How often somebody may try to sign in: counted before the try, forgotten after the right one."""

from __future__ import annotations

from datetime import datetime
from math import ceil

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.security import core, queries, store
from laidan.engine import origin, unit
from laidan.kernel.outcome import Refused
from laidan.usecases import needing
from laidan.usecases.needing import asks_inside, by_system

_LABEL_MAX = 60
Keys = dict[str, tuple[str, str]]


def keys_of(kind: str, name: str, address: str, *, label: str = "") -> Keys:
    """Return under what a try counts: under a name, and where it is known under an address."""
    keys = {core.tries_key(kind, name): (kind, origin.plain(label, _LABEL_MAX))}
    if address:
        network = core.network_of(address)
        keys[core.tries_key(core.ADDRESS, network)] = (core.ADDRESS, network[:_LABEL_MAX])
    return keys


@needing.by_system("signing in")
@by_system("whoever signs in is not known yet")
def claim(keys: Keys, *, now: datetime) -> Refused | None:
    """Count one try, or refuse one that has to wait: too-many-tries (429)."""

    def work() -> Refused | None:
        standings = store.load_tries(keys, now=now)
        blocked = [one.blocked_until for one in standings.values() if one.is_blocked(now)]
        if blocked:
            wait = max(ceil((until - now).total_seconds()) for until in blocked if until)
            return Refused(
                "too-many-tries", f"Tried too often; wait {wait} seconds.", 429,
                extra={"wait": wait},
            )  # fmt: skip
        tried = {key: one.tried(keys[key][0], now) for key, one in standings.items()}
        store.write_tries(tried, now=now)
        return None

    return unit.run_once(work)


@needing.by_system("signing in")
@by_system("whoever signs in has just shown who he is")
def take_back(keys: Keys, *, now: datetime) -> None:
    """Forget what was counted under the name, and the one try under the address."""

    def work() -> None:
        standings = store.load_tries(keys, now=now)
        store.delete_tries([key for key, (kind, _) in keys.items() if kind != core.ADDRESS])
        kept = {
            key: one.gone_well() for key, one in standings.items() if keys[key][0] == core.ADDRESS
        }
        store.write_tries(kept, now=now)

    unit.run_once(work)


@needing.by_system("the page of sign-in rules asks for users.manage")
@asks_inside("users.manage", why="asked at the page of the sign-in rules")
def unblock(key: str, *, now: datetime) -> bool:
    """Let whoever is blocked under a key try again at once; say whether somebody was."""

    def work() -> bool:
        known = {row.key: row for row in queries.list_tries(now=now)}
        row = known.get(key)
        if row is None:
            return False
        store.delete_tries([key])
        record([Deed("", "sign-in.unblocked", row.kind, "", row.label)], now=now)
        return True

    return unit.run_once(work)
