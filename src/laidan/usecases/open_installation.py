"""Prepare an empty installation: tables, a shop, a location, an administrator, a key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from laidan.blueprints import library
from laidan.domain.access import core as access
from laidan.domain.access.models import ApiKey, User
from laidan.domain.channels.models import Shop, ShopLocation
from laidan.domain.stock.models import Location
from laidan.engine import epochs, schema, unit
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Refused
from laidan.usecases import grant_access, needing

ADMIN = "admin"
MAIN = "main"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the environment says of the installation to be; empty texts are made up."""

    time_zone: str
    password: str = ""
    key: str = ""
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class Opened:
    """What was missing and is there now; secrets that were made up are in here alone."""

    migrations: tuple[str, ...] = ()
    order_types: tuple[str, ...] = ()
    shop: bool = False
    location: bool = False
    password: str | None = None
    key: str | None = None


@needing.by_system("laidan init")
def open_installation(
    wishes: Wishes, *, now: datetime, mint: Mint, entropy: Callable[[int], bytes]
) -> Opened:
    """Make whatever is missing; running it again, or twice at once, changes nothing.

    Raises ValueError where the wished key cannot be sent in a header.
    """
    with schema.alone():
        migrations = schema.migrate()
        opened = unit.run_once(lambda: _furnish(wishes, now=now, mint=mint, entropy=entropy))
    return Opened(
        tuple(migrations),
        opened.order_types,
        opened.shop,
        opened.location,
        opened.password,
        opened.key,
    )


def _furnish(
    wishes: Wishes, *, now: datetime, mint: Mint, entropy: Callable[[int], bytes]
) -> Opened:
    order_types = library.store_shipped(now=now, mint=mint)
    has_shop, has_location = _open_shop(wishes, now=now, mint=mint)
    password = _add_administrator(wishes, now=now, mint=mint, entropy=entropy)
    key = _add_key(wishes, now=now, mint=mint, entropy=entropy)
    return Opened(
        order_types=tuple(f"{made.code} {made.version}" for made in order_types),
        shop=has_shop,
        location=has_location,
        password=password,
        key=key,
    )


def _open_shop(wishes: Wishes, *, now: datetime, mint: Mint) -> tuple[bool, bool]:
    """Open the first shop and location, unless the installation has any of its own."""
    location = Location.objects.filter(code=MAIN).first()
    has_location = location is None and not Location.objects.exists()
    if has_location:
        location = Location(id=mint.new(), code=MAIN, name="Main", created_at=now)
        location.save(force_insert=True)
        epochs.bump("stock")
    has_shop = not Shop.objects.exists()
    if has_shop:
        shop = Shop(
            id=mint.new(),
            code=MAIN,
            name="Main",
            currency=wishes.currency,
            time_zone=wishes.time_zone,
            created_at=now,
        )
        shop.save(force_insert=True)
        if location is not None:
            serving = ShopLocation(id=mint.new(), shop=shop, location=location, rank=0)
            serving.save(force_insert=True)
        epochs.bump("channels")
    return has_shop, has_location


def _add_administrator(
    wishes: Wishes, *, now: datetime, mint: Mint, entropy: Callable[[int], bytes]
) -> str | None:
    if User.objects.exists():
        return None
    password = wishes.password or access.readable_secret(entropy)
    user = grant_access.NewUser(ADMIN, password, name="Administrator")
    _must(grant_access.insert_user(user, now=now, mint=mint))
    return password


def _add_key(
    wishes: Wishes, *, now: datetime, mint: Mint, entropy: Callable[[int], bytes]
) -> str | None:
    owner = User.objects.filter(username=ADMIN, is_active=True).first()
    if owner is None or ApiKey.objects.exists():
        return None
    if wishes.key:
        token = access.given_token(wishes.key)
        if token is None:
            raise ValueError("LAIDAN_DEMO_KEY: a key is made of visible ASCII characters only")
    else:
        token = access.new_token(entropy(access.ENTROPY_BYTES))
    _must(grant_access.insert_key(grant_access.NewKey(ADMIN, MAIN), token, now=now, mint=mint))
    return token.text


def _must(outcome: object) -> None:
    if isinstance(outcome, Refused):
        raise TypeError(f"init was refused: {outcome.detail}")
