"""Whether the test provider does what each scenario of starting, paying and closing says."""

from datetime import timedelta

import pytest

from interfaces.played_provider import PROVIDER, SECOND, an_account, an_intent, calls, stand, start
from interfaces.provider_peer import NOW
from laidan.domain.payments.facts import PaymentFact
from laidan.domain.test_provider.models import PlayedCallback, PlayedCharge
from laidan.interfaces.providers.base import (
    MisconfiguredError,
    NoAnswerError,
    ProviderRefusedError,
)
from laidan.interfaces.providers.testing import answer_charge
from laidan.interfaces.providers.testing_calls import due_callbacks, note_delivered

pytestmark = pytest.mark.django_db


def test_a_charge_is_opened_once_and_leads_to_its_page():
    started = start()
    assert started.url == f"https://shop.test/test-provider/{started.reference}"
    assert start() == started
    assert stand() == PaymentFact("P1", "pending", NOW, started.reference, payee="a1")
    assert PlayedCharge.objects.count() == 1


def test_a_number_of_another_amount_is_refused():
    start()
    with pytest.raises(ProviderRefusedError):
        PROVIDER.start(an_account(), an_intent(amount_minor=6451), now=NOW)
    assert PlayedCharge.objects.get().amount_minor == 6450


@pytest.mark.parametrize(("scenario", "kept"), [("vanish_done", 1), ("vanish_not", 0)])
def test_a_start_without_an_answer_may_have_happened_or_not(scenario: str, kept: int):
    with pytest.raises(NoAnswerError):
        start(on_start=scenario)
    assert PlayedCharge.objects.count() == kept
    assert stand().state == ("pending" if kept else "absent")
    assert start().url


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"purpose": ""}, "purpose"), ({"purpose": "live"}, "purpose"), ({"secret": ""}, "secret"),
     ({"on_start": "dance"}, "on_start")],
)  # fmt: skip
def test_it_works_for_demos_and_tests_alone(changes: dict[str, str], field: str):
    with pytest.raises(MisconfiguredError, match=f"^{field}: "):
        start(**changes)
    assert PlayedCharge.objects.count() == 0


@pytest.mark.parametrize(
    ("scenario", "state", "money", "now", "later"),
    [
        ("succeed", "captured", (6450, "CNY"), ["captured"], []),
        ("fail", "failed", (None, None), ["failed"], []),
        ("delay", "captured", (6450, "CNY"), [], ["captured"]),
        ("repeat", "captured", (6450, "CNY"), ["captured"] * 2, ["captured"] * 3),
        ("reorder", "captured", (6450, "CNY"), ["captured"], ["pending"]),
        ("vanish", "captured", (6450, "CNY"), [], []),
        ("partial", "captured", (3225, "CNY"), ["captured"], []),
        ("wrong_amount", "captured", (6451, "CNY"), ["captured"], []),
        ("wrong_currency", "captured", (6450, "USD"), ["captured"], []),
    ],
)  # fmt: skip
def test_each_scenario_pays_and_calls_in_its_way(
    scenario: str, state: str, money: tuple, now: list[str], later: list[str]
):
    start()
    answer_charge("P1", scenario, now=NOW)
    fact = stand()
    assert (fact.state, (fact.amount_minor, fact.currency)) == (state, money)
    first = calls(timedelta(0))
    assert [notice.facts[0].state for notice in first] == now
    note_delivered(
        [one.id for one in due_callbacks({"a1": an_account()}, now=NOW, limit=9)], now=NOW
    )
    rest = calls(timedelta(minutes=6))
    assert [notice.facts[0].state for notice in rest] == later
    for notice in (*first, *rest):
        told = notice.facts[0]
        assert (told.number, told.payee) == ("P1", "a1")
        if told.state != "pending":
            assert (told.amount_minor, told.currency, told.at) == (*money, NOW)
    captured = {notice.event_id for notice in (*first, *rest) if notice.facts[0].state == state}
    assert len(captured) <= 1, "a repetition has another event's id"


def test_pressing_twice_or_too_late_changes_nothing():
    start()
    answer_charge("P1", "succeed", now=NOW)
    assert answer_charge("P1", "fail", now=NOW + SECOND).state == "captured"
    PROVIDER.start(an_account(), an_intent("P2"), now=NOW)
    late = answer_charge("P2", "succeed", now=NOW + timedelta(minutes=30))
    assert late.state == "expired"
    assert PlayedCallback.objects.count() == 1
    assert answer_charge("P9", "succeed", now=NOW) is None


def test_delivered_calls_are_not_due_again():
    start()
    answer_charge("P1", "repeat", now=NOW)
    accounts = {"a1": an_account()}
    first = due_callbacks(accounts, now=NOW + SECOND, limit=2)
    assert [one.url for one in first] == ["https://shop.test/notify"] * 2
    assert note_delivered([one.id for one in first], now=NOW) == 2
    assert note_delivered([one.id for one in first], now=NOW) == 0
    assert len(due_callbacks(accounts, now=NOW + timedelta(hours=1), limit=9)) == 3
    assert due_callbacks({"a2": an_account()}, now=NOW + timedelta(hours=1), limit=9) == []


@pytest.mark.parametrize(
    ("scenario", "said", "kept"),
    [("succeed", "expired", "expired"), ("ignore", "absent", "pending")],
)
def test_a_closed_charge_cannot_be_paid_and_an_ignored_one_can(scenario: str, said: str, kept: str):
    start()
    fact = PROVIDER.close(an_account(on_close=scenario), "P1", None, now=NOW)
    assert (fact.state, stand().state) == (said, kept)
    answer_charge("P1", "succeed", now=NOW)
    assert stand().state == ("captured" if kept == "pending" else "expired")


@pytest.mark.parametrize(
    ("scenario", "kept"), [("vanish_done", "expired"), ("vanish_not", "pending")]
)
def test_a_close_without_an_answer_may_have_happened_or_not(scenario: str, kept: str):
    start()
    with pytest.raises(NoAnswerError):
        PROVIDER.close(an_account(on_close=scenario), "P1", None, now=NOW)
    assert stand().state == kept


def test_a_paid_charge_is_not_closed():
    start()
    answer_charge("P1", "succeed", now=NOW)
    assert PROVIDER.close(an_account(), "P1", None, now=NOW).state == "captured"
