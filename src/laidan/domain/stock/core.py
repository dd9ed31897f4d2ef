"""Reserving, releasing and consuming: pure decisions on balances in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from laidan.kernel.ids import Id

OPEN_STATES = ("reserved", "picked")
"""States of an allocation that still holds its balance."""


@dataclass(slots=True)
class Balance:
    """One balance as read, and as the batch has changed it so far."""

    id: str
    sku_id: str
    location_id: str
    bucket: str
    on_hand: int
    reserved: int
    safety: int
    backorder: bool
    was_on_hand: int = -1
    was_reserved: int = -1
    was_safety: int = -1

    def __post_init__(self) -> None:
        self.was_on_hand = self.on_hand
        self.was_reserved = self.reserved
        self.was_safety = self.safety

    @property
    def available(self) -> int:
        """What may be promised: on hand less what is promised and what is kept back."""
        return self.on_hand - self.reserved - self.safety


class Demand(NamedTuple):
    """What one order line asks of one SKU; `bucket` is None where any bucket serves.

    `per_unit` is how much of the SKU one unit of the line takes (a bundle's component).
    """

    line_no: int
    sku_id: str
    sku_code: str
    bucket: str | None
    quantity: int
    per_unit: int
    backorder: bool
    safety: int = 0


class Claim(NamedTuple):
    """A part of a demand that a balance serves; `opened` where the balance was made for it."""

    demand: Demand
    balance: Balance
    quantity: int
    opened: bool = False


@dataclass(frozen=True, slots=True)
class Shortage:
    """A SKU of which less is available than an order asks for, in smallest units."""

    sku_id: str
    sku_code: str
    wanted: int
    available: int


class Shelf:
    """The balances that a batch works on; each request sees what the earlier ones took."""

    def __init__(self, balances: Iterable[Balance]) -> None:
        self._places: dict[tuple[str, str], list[Balance]] = {}
        self._by_id: dict[str, Balance] = {}
        self.added: list[Balance] = []
        for balance in balances:
            self._put(balance)

    def _put(self, balance: Balance) -> None:
        self._places.setdefault((balance.sku_id, balance.location_id), []).append(balance)
        self._by_id[balance.id] = balance

    def balance(self, balance_id: str) -> Balance:
        """Return a loaded balance."""
        return self._by_id[balance_id]

    def held(self, balance_ids: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Return (on hand, reserved) of those balances that were loaded, as they are now."""
        return {
            id_: (balance.on_hand, balance.reserved)
            for id_ in balance_ids
            if (balance := self._by_id.get(id_)) is not None
        }

    def find(self, sku_id: str, location_id: str, bucket: str) -> Balance | None:
        """Return the balance of a key, or None."""
        for balance in self._places.get((sku_id, location_id), ()):
            if balance.bucket == bucket:
                return balance
        return None

    def at(self, sku_id: str, location_id: str) -> Sequence[Balance]:
        """Return the balances of a SKU at a location, by bucket."""
        return self._places.get((sku_id, location_id), ())

    def open(
        self,
        key: tuple[str, str, str],
        *,
        safety: int,
        backorder: bool,
        new_id: Callable[[], Id],
    ) -> Balance:
        """Return the balance of (SKU, location, bucket), making an empty one where none is."""
        sku_id, location_id, bucket = key
        balance = self.find(sku_id, location_id, bucket)
        if balance is None:
            balance = Balance(new_id(), sku_id, location_id, bucket, 0, 0, safety, backorder)
            self._put(balance)
            self.added.append(balance)
        return balance

    def changed(self) -> list[Balance]:
        """Return the loaded balances that are not as they were read, by key order."""
        fresh = {id(balance) for balance in self.added}
        moved = [
            balance
            for balance in self._by_id.values()
            if (balance.reserved != balance.was_reserved or balance.on_hand != balance.was_on_hand)
            and id(balance) not in fresh
        ]
        return sorted(moved, key=lambda balance: balance.id)

    def reserve(
        self, demands: Sequence[Demand], locations: Sequence[str], new_id: Callable[[], Id]
    ) -> list[Claim] | list[Shortage]:
        """Claim every demand or nothing.

        The first location, in the order given, that can serve all of them serves all; else each
        demand is filled from the locations in order. What a SKU on backorder lacks is promised
        at the first location.
        """
        for location in locations:
            claims = self._at_one_place(demands, location)
            if claims is not None:
                return claims
        return self._over_places(demands, locations, new_id)

    def _at_one_place(self, demands: Sequence[Demand], location: str) -> list[Claim] | None:
        claims: list[Claim] = []
        for demand in demands:
            left = demand.quantity
            for balance in self._places.get((demand.sku_id, location), ()):
                if demand.bucket is not None and balance.bucket != demand.bucket:
                    continue
                taken = min(left, balance.on_hand - balance.reserved - balance.safety)
                if taken > 0:
                    balance.reserved += taken
                    claims.append(Claim(demand, balance, taken))
                    left -= taken
                    if not left:
                        break
            if left:
                self.undo(claims)
                return None
        return claims

    def _over_places(
        self, demands: Sequence[Demand], locations: Sequence[str], new_id: Callable[[], Id]
    ) -> list[Claim] | list[Shortage]:
        claims: list[Claim] = []
        shortages: list[Shortage] = []
        for demand in demands:
            left = demand.quantity
            for location in locations:
                for balance in self._places.get((demand.sku_id, location), ()):
                    if demand.bucket is not None and balance.bucket != demand.bucket:
                        continue
                    taken = min(left, balance.available)
                    if taken > 0:
                        balance.reserved += taken
                        claims.append(Claim(demand, balance, taken))
                        left -= taken
            if left and demand.backorder and locations:
                key = (demand.sku_id, locations[0], demand.bucket or "")
                before = len(self.added)
                balance = self.open(key, safety=demand.safety, backorder=True, new_id=new_id)
                balance.reserved += left
                claims.append(Claim(demand, balance, left, opened=len(self.added) > before))
            elif left:
                shortages.append(
                    Shortage(
                        demand.sku_id, demand.sku_code, demand.quantity, demand.quantity - left
                    )
                )
        if not shortages:
            return claims
        self.undo(claims)
        return _per_sku(shortages, demands)

    def undo(self, claims: Iterable[Claim]) -> None:
        """Give claims back that were made in this batch and are not to be written."""
        for claim in claims:
            claim.balance.reserved -= claim.quantity
            if claim.opened:
                self._drop(claim.balance)

    def _drop(self, balance: Balance) -> None:
        """Forget a balance that was opened for nothing."""
        key = (balance.sku_id, balance.location_id)
        self._places[key] = [one for one in self._places[key] if one is not balance]
        self.added = [one for one in self.added if one is not balance]
        del self._by_id[balance.id]

    def forget_added(self, count: int) -> None:
        """Forget the balances opened after the first `count`."""
        for balance in self.added[count:]:
            self._drop(balance)


def _per_sku(shortages: Sequence[Shortage], demands: Sequence[Demand]) -> list[Shortage]:
    """Sum what all lines want of each short SKU: two lines of one SKU are one shortage."""
    wanted: dict[str, int] = {}
    for demand in demands:
        wanted[demand.sku_id] = wanted.get(demand.sku_id, 0) + demand.quantity
    missing: dict[str, int] = {}
    codes: dict[str, str] = {}
    for shortage in shortages:
        lack = shortage.wanted - shortage.available
        missing[shortage.sku_id] = missing.get(shortage.sku_id, 0) + lack
        codes[shortage.sku_id] = shortage.sku_code
    return [
        Shortage(sku_id, codes[sku_id], wanted[sku_id], max(0, wanted[sku_id] - lack))
        for sku_id, lack in missing.items()
    ]


@dataclass(frozen=True, slots=True)
class Alert:
    """A balance that crossed a line: raised, or closed where it came back."""

    id: str
    kind: str
    sku_id: str
    location_id: str
    bucket: str
    detail: str
    raised: bool


def alerts_of(shelf: Shelf, new_id: Callable[[], Id]) -> list[Alert]:
    """Return the alerts that a batch raises and closes.

    A balance runs low when nothing is available beyond the safety stock, and is oversold when
    more is promised than is there.
    """
    found = alerts_of_changed(shelf.changed(), new_id)
    for balance in shelf.added:
        if balance.available <= 0:
            found.append(_low(balance, new_id))
        if balance.reserved > balance.on_hand:
            found.append(_oversold(balance, new_id))
    return found


def alerts_of_changed(balances: Iterable[Balance], new_id: Callable[[], Id]) -> list[Alert]:
    """Return the alerts of balances that were there before, by how they were and are."""
    found = []
    for balance in balances:
        was_low = balance.was_on_hand - balance.was_reserved - balance.was_safety <= 0
        if was_low != (balance.available <= 0):
            found.append(_low(balance, new_id))
        if (balance.was_reserved > balance.was_on_hand) != (balance.reserved > balance.on_hand):
            found.append(_oversold(balance, new_id))
    return found


def _low(balance: Balance, new_id: Callable[[], Id]) -> Alert:
    detail = f"{balance.on_hand} on hand, {balance.reserved} reserved"
    return _alert(new_id(), "low", balance, detail, raised=balance.available <= 0)


def _oversold(balance: Balance, new_id: Callable[[], Id]) -> Alert:
    detail = f"{balance.reserved} promised, {balance.on_hand} on hand"
    raised = balance.reserved > balance.on_hand
    return _alert(new_id(), "oversold", balance, detail, raised=raised)


def _alert(id_: Id, kind: str, balance: Balance, detail: str, *, raised: bool) -> Alert:
    return Alert(id_, kind, balance.sku_id, balance.location_id, balance.bucket, detail, raised)
