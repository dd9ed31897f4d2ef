"""What must become of retail orders, told again in plain dicts: slow, naive, and by hand.

Nothing of the program is used here, so that it and the program can only agree by both being right.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

PRICES = {"CUP": 2550, "TEE": 6400}
PLACES = ("main", "south")
REVIEW_FROM = 20_000
LIVING = {"awaiting_payment", "in_review", "open"}
MINUTES, HOUR, DAY = timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)


@dataclass
class Line:
    """One line: its SKU, how many, and where they are promised (place, count) in order."""

    sku: str
    quantity: int
    shipped: int = 0
    delivered: int = 0
    promised: list[list[Any]] = field(default_factory=list)


@dataclass
class Life:
    """One order."""

    lines: list[Line]
    placed_at: datetime
    state: str = "awaiting_payment"
    since: datetime | None = None
    captured: int = 0
    refunded: int = 0
    owed: list[int] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)
    shipped_at: datetime | None = None
    cancelled_at: datetime | None = None
    deadline: tuple[datetime, str] | None = None
    version: int = 1

    @property
    def total(self) -> int:
        return sum(PRICES[line.sku] * line.quantity for line in self.lines)

    @property
    def is_paid(self) -> bool:
        return self.captured - self.refunded >= self.total

    def all_are(self, what: str) -> bool:
        return all(getattr(line, what) == line.quantity for line in self.lines)

    def some_are(self, what: str) -> bool:
        return any(getattr(line, what) for line in self.lines)


class Refusal(Exception):
    """Why something may not be: the code, or the guard's where a transition is refused."""


class Oracle:
    """A shop with two places, its stock and its orders."""

    def __init__(self, stock: dict[tuple[str, str], int], now: datetime) -> None:
        self.on_hand = dict(stock)
        self.reserved = dict.fromkeys(stock, 0)
        self.orders: dict[str, Life] = {}
        self.now = now

    # --- stock ------------------------------------------------------------------------------

    def _free(self, sku: str, place: str) -> int:
        return self.on_hand[sku, place] - self.reserved[sku, place]

    def _reserve(self, life: Life) -> None:
        wanted = [(line, line.quantity - line.shipped) for line in life.lines]
        need: dict[str, int] = {}
        for line, count in wanted:
            need[line.sku] = need.get(line.sku, 0) + count
        for place in PLACES:
            if all(self._free(sku, place) >= count for sku, count in need.items()):
                for line, count in wanted:
                    self._promise(line, place, count)
                return
        for sku, count in need.items():
            there = sum(max(0, self._free(sku, place)) for place in PLACES)
            self._demand(there >= count, "out-of-stock")
        for line, count in wanted:
            left = count
            for place in PLACES:
                taken = min(left, max(0, self._free(line.sku, place)))
                self._promise(line, place, taken)
                left -= taken

    def _promise(self, line: Line, place: str, count: int) -> None:
        if count:
            line.promised.append([place, count])
            self.reserved[line.sku, place] += count

    def _release(self, life: Life) -> None:
        for line in life.lines:
            for place, count in line.promised:
                self.reserved[line.sku, place] -= count
            line.promised = []

    def _hand_over(self, line: Line, count: int) -> None:
        line.shipped += count
        while count:
            promise = line.promised[0]
            taken = min(count, promise[1])
            for book in (self.on_hand, self.reserved):
                book[line.sku, promise[0]] -= taken
            promise[1] -= taken
            count -= taken
            if not promise[1]:
                line.promised.pop(0)

    # --- what happens -----------------------------------------------------------------------

    def place(self, name: str, lines: list[tuple[str, int]], paid: int) -> None:
        life = Life([Line(*line) for line in lines], self.now)
        life.captured = paid
        self._reserve(life)
        self.orders[name] = life
        self._enter(life, self._paid_state(life))

    def act(self, name: str, transition: str, **inputs: Any) -> None:
        life = self.orders[name]
        getattr(self, f"_{transition}")(life, **inputs)
        life.version += 1

    def tick(self) -> list[str]:
        """Let the clock act once on everything that is due; return whose turn was taken."""
        moved = []
        for name, life in sorted(self.orders.items()):
            if life.deadline is None or life.deadline[0] > self.now:
                continue
            try:
                self.act(name, life.deadline[1])
                moved.append(name)
            except Refusal:
                life.deadline = (self.now + HOUR, life.deadline[1])
        return moved

    def _paid_state(self, life: Life) -> str:
        if not life.is_paid:
            return "awaiting_payment"
        return "in_review" if life.total >= REVIEW_FROM else "open"

    def _enter(self, life: Life, state: str) -> None:
        if state != life.state or life.since is None:
            life.state, life.since = state, self.now
        life.deadline = None
        if state == "awaiting_payment":
            life.deadline = (life.since + MINUTES, "cancel")
        elif state == "open" and life.shipped_at:
            life.deadline = (life.shipped_at + 7 * DAY, "confirm_receipt")
        elif state == "completed":
            life.deadline = (life.since + 15 * DAY, "close")

    @staticmethod
    def _demand(holds: bool, reason: str) -> None:
        if not holds:
            raise Refusal(reason)

    def _in(self, life: Life, *states: str, stopped_by: tuple[str, ...] = ("order",)) -> None:
        self._demand(life.state in states, "wrong-state")
        self._demand(not set(life.holds) & set(stopped_by), "on-hold")

    # --- transitions ------------------------------------------------------------------------

    def _pay(self, life: Life, amount: int | None = None) -> None:
        if life.state == "awaiting_payment":
            self._in(life, "awaiting_payment")
        else:
            self._in(life, "in_review", "open", stopped_by=())
            self._demand(not life.is_paid, "already-paid")
        life.captured += max(0, life.total - life.captured) if amount is None else amount
        waits = life.state == "awaiting_payment"
        self._enter(life, self._paid_state(life) if waits else life.state)

    def _approve(self, life: Life) -> None:
        self._in(life, "in_review")
        self._enter(life, "open")

    def _ship(self, life: Life, part: tuple[int, int] | None = None) -> None:
        self._in(life, "open", stopped_by=("order", "fulfilment"))
        self._demand(not life.all_are("shipped"), "nothing-to-ship")
        if part is None:
            for line in life.lines:
                self._hand_over(line, line.quantity - line.shipped)
        else:
            place, count = part
            self._demand(place < len(life.lines), "invalid-request")
            line = life.lines[place]
            self._demand(0 < count <= line.quantity - line.shipped, "invalid-request")
            self._hand_over(line, count)
        if life.all_are("shipped"):
            life.shipped_at = self.now
        self._enter(life, "open")

    def _arrive(self, life: Life) -> None:
        for line in life.lines:
            line.delivered = line.shipped

    def _deliver(self, life: Life) -> None:
        self._in(life, "open", stopped_by=())
        waiting = life.some_are("shipped") and not life.all_are("delivered")
        self._demand(waiting, "nothing-to-deliver")
        self._arrive(life)
        self._enter(life, "open")

    def _confirm_receipt(self, life: Life) -> None:
        self._in(life, "open")
        self._demand(life.all_are("shipped"), "not-fully-shipped")
        self._arrive(life)
        self._enter(life, "completed")

    def _close(self, life: Life) -> None:
        self._in(life, "completed", stopped_by=())
        self._demand(not life.owed, "refund-open")
        self._enter(life, "closed")

    def _cancel(self, life: Life) -> None:
        self._in(life, *LIVING)
        self._demand(not life.some_are("shipped"), "already-shipped")
        self._end(life)

    def _reject(self, life: Life) -> None:
        self._in(life, "in_review", stopped_by=())
        self._end(life)

    def _end(self, life: Life) -> None:
        self._release(life)
        rest = life.captured - life.refunded - sum(life.owed)
        if rest > 0:
            life.owed.append(rest)
        life.cancelled_at = self.now
        self._enter(life, "cancelled")

    def _revive(self, life: Life) -> None:
        self._in(life, "cancelled", stopped_by=())
        recent = life.cancelled_at is not None and self.now - life.cancelled_at <= 2 * DAY
        self._demand(recent and not life.refunded, "revival-expired")
        self._reserve(life)
        life.owed, life.cancelled_at = [], None
        self._enter(life, self._paid_state(life))

    def _refund(self, life: Life, amount: int | None = None) -> None:
        self._in(life, "open", "completed", "cancelled", stopped_by=("refund",))
        kept = life.captured - life.refunded
        self._demand(kept > 0, "nothing-to-refund")
        amount = kept if amount is None else amount
        self._demand(amount <= kept, "refund-exceeds-captured")
        life.refunded += amount
        while amount and life.owed:
            settled = min(amount, life.owed[0])
            life.owed[0] -= settled
            amount -= settled
            if not life.owed[0]:
                life.owed.pop(0)
        self._enter(life, life.state)

    def _hold(self, life: Life, scope: str) -> None:
        self._demand(life.state in LIVING or scope == "refund", "order-done")
        life.holds.append(scope)

    def _release_hold(self, life: Life, scope: str | None) -> None:
        kept = [one for one in life.holds if scope is not None and one != scope]
        self._demand(len(kept) < len(life.holds), "not-on-hold")
        life.holds = kept
