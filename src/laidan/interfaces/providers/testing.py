"""The test provider: a payment provider inside the house, for demos and tests, with faults to order."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Sequence
from datetime import date, datetime
from urllib.parse import urljoin

from django.utils.translation import gettext, gettext_noop

from laidan.domain.payments import facts
from laidan.domain.payments.facts import (
    Account,
    Intent,
    Notice,
    PaymentFact,
    RefundFact,
    RefundIntent,
    Started,
)
from laidan.domain.test_provider import core, store
from laidan.engine import unit
from laidan.interfaces.providers import testing_bill, testing_calls
from laidan.interfaces.providers.base import (
    Callback,
    Field,
    MisconfiguredError,
    NoAnswerError,
    ProviderRefusedError,
    Reply,
)
from laidan.interfaces.providers.reading import needed, setting
from laidan.kernel.ids import Mint

PAGE = "/test-provider/"
"""Where the provider's own pay page is; a charge's reference follows."""
PURPOSES = ("demo", "test")


class TestProvider:
    """Behaves by its tables as a provider behaves by its own, and by the faults of its account."""

    # Not a test, whatever pytest may think of the name.
    __test__ = False
    code = "test"
    label = gettext_noop("Test provider")
    methods: tuple[str, ...] = ("page",)
    currencies: frozenset[str] | None = None
    is_by_hand = False
    can_hold = True
    is_for_tests = True
    fields: tuple[Field, ...] = (
        Field("purpose", gettext_noop("What it is for"), "choice", choices=PURPOSES,
              help=gettext_noop("No money moves: never offer it to real buyers.")),
        Field("secret", gettext_noop("Signing secret"), "secret"),
        Field("on_start", gettext_noop("When a payment is started"), "choice",
              is_required=False, choices=core.STARTS),
        Field("on_close", gettext_noop("When a payment is closed"), "choice",
              is_required=False, choices=core.CLOSES),
        Field("on_capture", gettext_noop("When held money is taken"), "choice",
              is_required=False, choices=core.CAPTURES),
        Field("on_refund", gettext_noop("When money is sent back"), "choice",
              is_required=False, choices=core.REFUNDS),
    )  # fmt: skip

    def start(self, account: Account, intent: Intent, *, now: datetime) -> Started:
        """Open a charge; with a fault ordered there is no answer, though it may have happened."""
        scenario = _scenario(account, "on_start", core.STARTS)
        mine = hmac.new(_secret(account), f"charge:{intent.number}".encode(), "sha256").hexdigest()
        made = core.Charge(
            id=Mint(now, os.urandom).new(),
            account_id=account.id,
            number=intent.number,
            reference=f"T{mine[:24]}",
            amount_minor=intent.amount_minor,
            currency=intent.currency,
            subject=intent.subject[:200],
            state=core.PENDING,
            notify_url=intent.notify_url,
            return_url=intent.return_url,
            expires_at=intent.expires_at,
            created_at=now,
            changed_at=now,
        )
        if scenario == core.VANISH_NOT:
            raise NoAnswerError("no answer, and nothing happened", core.VANISH_NOT)
        charge, is_new = unit.run_once(lambda: _opened(made))
        if (charge.amount_minor, charge.currency, charge.account_id) != (
            made.amount_minor, made.currency, account.id,
        ):  # fmt: skip
            raise ProviderRefusedError("this number is another payment's", "number-used")
        if is_new and scenario == core.VANISH_DONE:
            raise NoAnswerError("no answer, though it happened", core.VANISH_DONE)
        return Started(charge.reference, urljoin(intent.return_url, PAGE + charge.reference))

    def query(
        self, account: Account, number: str, reference: str | None, *, now: datetime
    ) -> PaymentFact:
        """Say how a charge stands."""
        _secret(account)
        charge = store.load_charge(number, lock=False)
        if charge is None or charge.account_id != account.id:
            return PaymentFact(number, facts.ABSENT, now)
        return testing_calls.payment_fact(core.standing(charge, now))

    def close(
        self, account: Account, number: str, reference: str | None, *, now: datetime
    ) -> PaymentFact:
        """Close a charge, or behave as ordered."""
        scenario = _scenario(account, "on_close", core.CLOSES)
        if scenario == core.VANISH_NOT:
            raise NoAnswerError("no answer, and nothing happened", core.VANISH_NOT)
        if scenario != core.IGNORE:
            unit.run_once(lambda: _close(account, number, now))
        if scenario == core.VANISH_DONE:
            raise NoAnswerError("no answer, though it happened", core.VANISH_DONE)
        fact = self.query(account, number, reference, now=now)
        if scenario == core.IGNORE and fact.state == facts.PENDING:
            return PaymentFact(number, facts.ABSENT, now)
        return fact

    def capture(  # noqa: PLR0913 - what a capture is made of
        self, account: Account, number: str, reference: str | None, amount_minor: int,
        currency: str, *, now: datetime,
    ) -> PaymentFact:  # fmt: skip
        """Take what is held, or a part, or behave as ordered."""
        scenario = _scenario(account, "on_capture", core.CAPTURES)
        if scenario == core.VANISH_NOT:
            raise NoAnswerError("no answer, and nothing happened", core.VANISH_NOT)
        if scenario == core.REFUSE:
            raise ProviderRefusedError("refused, as ordered", core.REFUSE)
        before = self.query(account, number, reference, now=now).state
        why = unit.run_once(
            lambda: _change(account, number, now, lambda one: core.captured(one, amount_minor, now))
        )
        if scenario == core.VANISH_DONE and before == core.AUTHORIZED:
            raise NoAnswerError("no answer, though it happened", core.VANISH_DONE)
        fact = self.query(account, number, reference, now=now)
        if why and fact.state == facts.AUTHORIZED:
            raise ProviderRefusedError("this cannot be taken", why)
        return fact

    def void(
        self, account: Account, number: str, reference: str | None, *, now: datetime
    ) -> PaymentFact:
        """Let go what is held."""
        _secret(account)
        unit.run_once(lambda: _change(account, number, now, lambda one: core.voided(one, now)))
        return self.query(account, number, reference, now=now)

    def refund(self, account: Account, intent: RefundIntent, *, now: datetime) -> RefundFact:
        """Send money back once for each number; one that failed may be tried again."""
        scenario = _scenario(account, "on_refund", core.REFUNDS)
        if scenario == core.VANISH_NOT:
            raise NoAnswerError("no answer, and nothing happened", core.VANISH_NOT)
        if scenario == core.REFUSE:
            raise ProviderRefusedError("refused, as ordered", core.REFUSE)
        said = unit.run_once(lambda: _refund(account, intent, scenario, now))
        if isinstance(said, str):
            raise ProviderRefusedError("this refund cannot be", said)
        charge, refund, is_new = said
        if is_new and scenario == core.VANISH_DONE:
            raise NoAnswerError("no answer, though it happened", core.VANISH_DONE)
        return testing_calls.refund_fact(charge, refund, now)

    def query_refund(
        self, account: Account, intent: RefundIntent, reference: str | None, *, now: datetime
    ) -> RefundFact:
        """Say how a refund stands."""
        _secret(account)
        charge = store.load_charge(intent.payment_number, lock=False)
        refund = store.load_refund(intent.number)
        if charge is None or refund is None or refund.charge_id != charge.id:
            absent = RefundFact(intent.number, facts.ABSENT, now)
            return absent._replace(payment_number=intent.payment_number)
        return testing_calls.refund_fact(charge, refund, now)

    def read_callback(self, account: Account, call: Callback, *, now: datetime) -> Notice:
        """Check a call of the provider's own making."""
        _secret(account)
        return testing_calls.notice(account, call, now)

    def accepted(self) -> Reply:
        """Return what ends the repetitions."""
        return Reply(200, "text/plain", b"ok")

    def refused(self, reason: str) -> Reply:
        """Return an answer after which it is tried again."""
        return Reply(400, "text/plain", b"not taken")

    def test_connection(self, account: Account, *, now: datetime) -> str:
        """Look whether the account says what it is for."""
        _secret(account)
        return gettext("The test provider answers. No money moves.")

    def fetch_bill(self, account: Account, day: date, *, now: datetime) -> Sequence[bytes]:
        """Return a day's captures and refunds (UTC) in the generic form of bills."""
        return (testing_bill.bill_of(account.id, day, now),)


def answer_charge(number: str, scenario: str, *, now: datetime) -> core.Charge | None:
    """Do what a payer chose on the pay page; return the charge as it stands, None for no such one."""
    if scenario not in core.ANSWERS:
        raise ValueError(f"no scenario {scenario}")

    def answer() -> core.Charge | None:
        charge = store.load_charge(number, lock=True)
        if charge is None:
            return None
        after, plans = core.answered(charge, scenario, now)
        if after != charge:
            store.write_charge(after)
        store.write_calls(testing_calls.planned(charge.account_id, charge.notify_url, plans, now))
        return after

    return unit.run_once(answer)


def _opened(made: core.Charge) -> tuple[core.Charge, bool]:
    store.write_new_charge(made)
    kept = store.load_charge(made.number, lock=False) or made
    return kept, kept.id == made.id


def _close(account: Account, number: str, now: datetime) -> None:
    charge = store.load_charge(number, lock=True)
    if charge is not None and charge.account_id == account.id:
        after = core.closed(core.standing(charge, now), now)
        if after != charge:
            store.write_charge(after)


def _change(
    account: Account, number: str, now: datetime, change: Callable[[core.Charge], core.Charge | str]
) -> str:
    """Do something with a charge and plan the call that tells of it; return why it cannot be."""
    charge = store.load_charge(number, lock=True)
    if charge is None or charge.account_id != account.id:
        return "not-held"
    after = change(charge)
    if isinstance(after, str):
        return after
    if after != charge:
        store.write_charge(after)
        plan = core.Plan(core.payment_event(after), now)
        store.write_calls(testing_calls.planned(account.id, charge.notify_url, [plan], now))
    return ""


def _refund(
    account: Account, intent: RefundIntent, scenario: str, now: datetime
) -> tuple[core.Charge, core.Refund, bool] | str:
    charge = store.load_charge(intent.payment_number, lock=True)
    if charge is None or charge.account_id != account.id:
        return "not-captured"
    listed = store.load_refunds([charge.id])
    kept = next((one for one in listed if one.number == intent.number), None)
    if kept and (kept.amount_minor, kept.currency) != (intent.amount_minor, intent.currency):
        return "number-used"
    if kept and kept.state != core.FAILED:
        return charge, kept, False
    mine = hmac.new(_secret(account), f"refund:{intent.number}".encode(), "sha256").hexdigest()
    wanted = kept or core.Refund(
        Mint(now, os.urandom).new(), charge.id, intent.number, f"R{mine[:24]}",
        intent.amount_minor, intent.currency, core.PENDING, now, now,
    )  # fmt: skip
    why = core.refusal(charge, listed, wanted)
    if why:
        return why
    made = core.refunded(wanted, scenario, now)
    store.write_refund(made, is_new=kept is None)
    plan = core.Plan(core.refund_event(charge, made), made.settles_at)
    notify_url = intent.notify_url or charge.notify_url
    store.write_calls(testing_calls.planned(account.id, notify_url, [plan], now))
    return charge, made, True


def _scenario(account: Account, name: str, known: Sequence[str]) -> str:
    _secret(account)
    wanted = setting(account, name) or core.SUCCEED
    if wanted not in known:
        raise MisconfiguredError(f"{name}: no scenario {wanted}")
    return wanted


def _secret(account: Account) -> bytes:
    """Return the signing secret of an account that says that it is for demos or tests."""
    if needed(account, "purpose") not in PURPOSES:
        raise MisconfiguredError("purpose: demo or test")
    return needed(account, "secret").encode()
