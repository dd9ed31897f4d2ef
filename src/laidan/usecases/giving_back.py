"""Decides about refunds: what may be asked for, who may approve it, by which payments it goes."""

from __future__ import annotations

from typing import Any

from laidan.domain.orders.rows import LineRow
from laidan.domain.payments import refunds
from laidan.domain.payments.attempts import BY_HAND as BY_HAND_PROVIDERS
from laidan.domain.payments.attempts import Payment
from laidan.domain.payments.core import needs_second_person
from laidan.domain.payments.refunds import Refund
from laidan.kernel import money
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.kernel.quantity import format_quantity, parse_quantity
from laidan.usecases.money_requests import DecideRefund, MoneyAnswer, RequestRefund
from laidan.usecases.teller import Teller
from laidan.usecases.working import Work

Shares = dict[str, dict[str, int]]
_REASON_MAX = 200
ANOTHER_WAY = "goes back another way"


def no_refund(name: str) -> Refused:
    """Return the refusal of a refund that is not there."""
    return Refused("not-found", f"There is no refund {name[:40]!r}.", 404)


class Giver(Teller):
    """Decides about refunds of a batch, one after the other."""

    def ask_for(self, request: RequestRefund, work: Work, actor: Actor) -> Outcome[MoneyAnswer]:
        """Take a request for a refund, or say why not."""
        if not request.reason.strip():
            return invalid("reason", "says why the money goes back")
        if any(hold.scope == "refund" for hold in work.holds):
            return _refused("on-hold", "Refunds of the order are on hold.")
        wanted = self._wanted(request, work)
        if isinstance(wanted, Refused):
            return wanted
        amount, shares = wanted
        left = self._left(work)
        if amount > left:
            return _exceeds(left, work)
        payment = self._named(request, work)
        if isinstance(payment, Refused):
            return payment
        if payment is not None and payment.refundable_minor < amount:
            return _exceeds(payment.refundable_minor, work)
        made = self.add_refund(
            Refund(
                self.mint.new(), work.row.id, refunds.REQUESTED, amount, work.row.currency,
                request.reason.strip()[:_REASON_MAX], self.now,
                payment_id=payment.id if payment else None, shares=shares or None,
                requested_by=actor.label,
            ),
            work,
            actor.label,
        )  # fmt: skip
        return Done(MoneyAnswer(made.id, refunds.REQUESTED, work.row.id))

    def act(self, request: DecideRefund, work: Work) -> Outcome[MoneyAnswer]:
        """Do what a person says of a refund, or say why not."""
        refund = self.refund_now(work, request.refund)
        acts = {
            "approve": self._approve, "withdraw": self._withdraw, "retry": self._retry,
            "by_hand": self._by_hand,
        }  # fmt: skip
        if request.act not in acts:
            return invalid("act", f"must be one of {', '.join(acts)}")
        refused = acts[request.act](request, work, refund)
        if refused is not None:
            return refused
        now_is = self.refund_now(work, refund.id)
        return Done(MoneyAnswer(refund.id, now_is.state, work.row.id))

    # --- acts -----------------------------------------------------------------------------------

    def _approve(self, request: DecideRefund, work: Work, refund: Refund) -> Refused | None:
        if refund.state != refunds.REQUESTED:
            return _state(refund, "approved")
        refused = self._needs_other(request, work, refund)
        if refused is not None:
            return refused
        owed = refunds.owed_minor(work.refunds)
        if work.row.captured_minor - work.row.refunded_minor < owed:
            return _exceeds(self._left(work) + refund.amount_minor, work)
        self._send(refund, work, request.actor.label)
        return None

    def _send(self, refund: Refund, work: Work, label: str) -> None:
        """Let a refund go by the payments that can carry it; what none can is left to people."""
        parts, rest = refunds.spread(refund.amount_minor, self._ways(work, refund))
        if rest or not parts:
            # Nobody but a person can give this part back.
            by_hand = refund
            if parts:
                by_hand = self._part(refund, rest, work, label)
            else:
                by_hand = self.refund_now(work, refund.id)
            self.write_refund(
                by_hand._replace(
                    state=refunds.APPROVED, payment_id=None, approved_by=label, approved_at=self.now
                ),
                work, "refund.approved", label,
            )  # fmt: skip
        for place, (payment, amount) in enumerate(parts):
            one = refund
            if place:
                one = self._part(refund, amount, work, label)
            elif amount != refund.amount_minor:
                one = self.write_refund(refund._replace(amount_minor=amount), work, None, label)
            self.approve(one, self.payments[payment.id], work, label)

    def _part(self, refund: Refund, amount: int, work: Work, actor: str) -> Refund:
        """Split a part off that goes another way."""
        made = Refund(
            self.mint.new(), refund.order_id, refunds.REQUESTED, amount, refund.currency,
            refund.reason, self.now, requested_by=refund.requested_by or actor,
        )  # fmt: skip
        return self.add_refund(made, work, actor)

    def _withdraw(self, request: DecideRefund, work: Work, refund: Refund) -> Refused | None:
        if refund.state not in (refunds.REQUESTED, refunds.APPROVED, refunds.FAILED):
            return _state(refund, "withdrawn")
        if work.row.category == "cancelled":
            return _refused(
                "order-cancelled", "The order is cancelled: revive it, or its money goes back."
            )
        withdrawn = refund._replace(
            state=refunds.CANCELLED, closed_at=self.now, ask_at=None, detail=request.note[:300]
        )
        self.set_refund(refund, withdrawn, work, request.actor.label)
        return None

    def _retry(self, request: DecideRefund, work: Work, refund: Refund) -> Refused | None:
        payment = self.payments.get(refund.payment_id or "")
        if refund.state != refunds.FAILED or payment is None:
            return _state(refund, "tried again")
        if payment.refundable_minor >= refund.amount_minor:
            self.approve(refund, payment, work, request.actor.label)
            return None
        # Other refunds have used up the payment since; a number belongs to one payment for ever.
        over = refund._replace(state=refunds.CANCELLED, closed_at=self.now, detail=ANOTHER_WAY)
        self.set_refund(refund, over, work, request.actor.label)
        anew = self._part(refund, refund.amount_minor, work, request.actor.label)
        self._send(anew, work, request.actor.label)
        return None

    def _by_hand(self, request: DecideRefund, work: Work, refund: Refund) -> Refused | None:
        waits = refund.state == refunds.APPROVED and refund.payment_id is None
        if not waits and refund.state != refunds.FAILED:
            return _state(refund, "given by hand; approve it first, or wait for the provider")
        if not request.proof.strip():
            return Refused(
                "proof-needed", "Say what proves it: a bank's reference, a receipt's number.", 422
            )
        refused = self._needs_other(request, work, refund)
        if refused is not None:
            return refused
        given = refund._replace(
            state=refunds.MANUAL, closed_at=self.now, ask_at=None, proof=request.proof.strip()[:300]
        )
        self.set_refund(refund, given, work, request.actor.label)
        payment = self.payments.get(refund.payment_id or "")
        if payment is not None and payment.refundable_minor < refund.amount_minor:
            # Others have used it up meanwhile; the order's money is enough, or it were not owed.
            payment = None
        if payment is not None:
            self.payments[payment.id] = payment._replace(
                refunded_minor=payment.refunded_minor + refund.amount_minor, updated_at=self.now
            )
        self.give(work, refund.amount_minor, payment, refund, refund.id, self.now)
        return None

    # --- what may be ----------------------------------------------------------------------------

    def _needs_other(self, request: DecideRefund, work: Work, refund: Refund) -> Refused | None:
        asked_by = {refund.requested_by, refund.approved_by if request.act == "by_hand" else ""}
        if needs_second_person(self.policy(work), refund.amount_minor) and (
            request.actor.label in asked_by
        ):
            return Refused(
                "second-person", "A refund of this size is decided by somebody else than who asked.", 403
            )  # fmt: skip
        return None

    def _ways(self, work: Work, refund: Refund) -> list[Payment]:
        return [
            one
            for one in self.payments.values()
            if one.order_id == work.row.id
            and one.provider not in BY_HAND_PROVIDERS
            and (refund.payment_id in (None, one.id))
        ]

    def _left(self, work: Work) -> int:
        row = work.row
        return row.captured_minor - row.refunded_minor - refunds.owed_minor(work.refunds)

    def _named(self, request: RequestRefund, work: Work) -> Payment | Refused | None:
        if request.payment is None:
            return None
        for one in self.payments.values():
            if one.order_id == work.row.id and request.payment in (one.id, one.number):
                return one
        return invalid("payment", "names no payment of this order")

    def _wanted(self, request: RequestRefund, work: Work) -> tuple[int, Shares] | Refused:
        """Return the amount asked for, with the lines' shares where lines were named."""
        if request.lines:
            if request.amount is not None:
                return invalid("amount", "is not given beside lines: their shares say it")
            return self._shares(request, work)
        if request.amount is None:
            amount = self._left(work)
            return (amount, {}) if amount > 0 else _exceeds(0, work)
        try:
            amount = money.parse_minor(request.amount, work.row.currency)
        except money.NotAnAmountError as error:
            return invalid("amount", str(error))
        return (amount, {}) if amount > 0 else invalid("amount", "must be more than 0")

    def _shares(self, request: RequestRefund, work: Work) -> tuple[int, Shares] | Refused:
        shares: Shares = {}
        for place, (line_no, text) in enumerate(request.lines):
            line = next((one for one in work.lines if one.line_no == line_no), None)
            if line is None or str(line_no) in shares:
                return invalid(f"lines[{place}]", "names no line of this order, or one twice")
            try:
                quantity = parse_quantity(text, line.decimals)
            except money.NotAnAmountError as error:
                return invalid(f"lines[{place}].quantity", str(error))
            before = _given(work.refunds, line_no)
            if not 0 < quantity <= line.quantity - before:
                shown = format_quantity(line.quantity - before, line.decimals)
                return invalid(
                    f"lines[{place}].quantity", f"must be more than 0 and at most {shown}"
                )
            shares[str(line_no)] = {"quantity": quantity, "amount": share(line, before, quantity)}
        return sum(one["amount"] for one in shares.values()), shares


def share(line: LineRow, before: int, quantity: int) -> int:
    """Return what units of a line were sold for, to the minor unit.

    Units are counted from the first that went back: in whatever parts they go, the parts of all
    units sum to the line's total.
    """
    total, whole = line.total_minor, line.quantity
    return total * (before + quantity) // whole - total * before // whole


def _given(found: list[Refund], line_no: int) -> int:
    """Return how much of a line went back already, or is asked for."""
    shares: list[dict[str, Any]] = [
        one.shares or {} for one in found if one.state != refunds.CANCELLED
    ]
    return sum(one[str(line_no)]["quantity"] for one in shares if str(line_no) in one)


def _refused(guard: str, detail: str) -> Refused:
    return Refused("transition-refused", detail, 409, extra={"guard": guard})


def _state(refund: Refund, act: str) -> Refused:
    return Refused("refund-state", f"A refund that is {refund.state} cannot be {act}.")


def _exceeds(left: int, work: Work) -> Refused:
    currency = work.row.currency
    return Refused(
        "refund-exceeds-captured",
        f"Only {money.format_minor(max(left, 0), currency)} {currency} of what was captured is left "
        "to refund; what is asked for already does not count.",
    )
