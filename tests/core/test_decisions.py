"""What a blueprint says about one order: who may do what, why not, and what the clock does."""

from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest

from laidan.blueprints import decisions
from laidan.blueprints.loader import load
from laidan.blueprints.model import Blueprint, Transition
from laidan.blueprints.rules import GUARDS
from laidan.domain.orders.core import Standing
from laidan.kernel.actor import CLOCK, SYSTEM, Actor
from laidan.kernel.outcome import Refused

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
STAFF = Actor("S", "Li", frozenset(["orders:write"]))
READER = Actor("S", "Wang", frozenset(["orders:read"]))
BUYER = Actor("B", "buyer", frozenset("*"))


def shipped(code: str) -> Blueprint:
    return load((resources.files("laidan.blueprints") / f"{code}.toml").read_text("utf-8"))


RETAIL = shipped("retail")
OPEN = Standing("open", "open", money="full", captured=True, refundable=True)
UNPAID = Standing("awaiting_payment", "awaiting_payment")


def verdict(name: str, standing: Standing, actor: Actor = STAFF) -> Refused | Transition:
    return decisions.refusal(RETAIL, name, standing, actor)


@pytest.mark.parametrize(
    ("name", "standing", "actor", "code", "guard"),
    [
        ("fly", OPEN, STAFF, "unknown-transition", None),
        ("approve", OPEN, STAFF, "transition-refused", "wrong-state"),
        ("ship", OPEN, READER, "forbidden", None),
        ("ship", OPEN, BUYER, "forbidden", None),
        ("ship", OPEN._replace(holds=frozenset(["order"])), STAFF, "transition-refused", "on-hold"),
        (
            "ship",
            OPEN._replace(holds=frozenset(["fulfilment"])),
            STAFF,
            "transition-refused",
            "on-hold",
        ),
        ("ship", OPEN._replace(shipped="all"), STAFF, "transition-refused", "nothing-to-ship"),
        ("confirm_receipt", OPEN, STAFF, "transition-refused", "not-fully-shipped"),
        ("cancel", OPEN._replace(shipped="part"), STAFF, "transition-refused", "already-shipped"),
        ("deliver", OPEN, STAFF, "transition-refused", "nothing-to-deliver"),
        ("pay", OPEN, STAFF, "transition-refused", "already-paid"),
        (
            "refund",
            OPEN._replace(refundable=False),
            STAFF,
            "transition-refused",
            "nothing-to-refund",
        ),
        (
            "close",
            Standing("completed", "completed", refund_open=True),
            STAFF,
            "transition-refused",
            "refund-open",
        ),
        (
            "revive",
            Standing("cancelled", "cancelled", revivable=False),
            STAFF,
            "transition-refused",
            "revival-expired",
        ),
    ],
)
def test_why_not(name, standing, actor, code, guard):
    answer = verdict(name, standing, actor)
    assert isinstance(answer, Refused)
    assert answer.code == code
    assert answer.extra.get("guard") == guard
    assert answer.detail


def test_the_first_reason_that_applies_is_given():
    """Unknown act, wrong state, actor, right, hold, guard; everything is wrong here at first."""
    held = frozenset(["order"])
    steps = [
        ("fly", UNPAID._replace(shipped="part", holds=held), BUYER, "unknown-transition"),
        ("ship", UNPAID._replace(shipped="all", holds=held), BUYER, "wrong-state"),
        ("ship", OPEN._replace(shipped="all", holds=held), BUYER, "forbidden"),
        ("ship", OPEN._replace(shipped="all", holds=held), READER, "forbidden"),
        ("ship", OPEN._replace(shipped="all", holds=held), STAFF, "on-hold"),
        ("ship", OPEN._replace(shipped="all"), STAFF, "nothing-to-ship"),
    ]
    for name, standing, actor, wanted in steps:
        answer = verdict(name, standing, actor)
        assert isinstance(answer, Refused)
        assert wanted in {answer.code, answer.extra.get("guard")}
    assert isinstance(verdict("ship", OPEN), Transition)


def test_a_hold_of_another_kind_does_not_stop():
    assert isinstance(verdict("ship", OPEN._replace(holds=frozenset(["refund"]))), Transition)
    assert isinstance(verdict("refund", OPEN._replace(holds=frozenset(["order"]))), Transition)
    assert isinstance(verdict("refund", OPEN._replace(holds=frozenset(["refund"]))), Refused)


def test_a_cancelled_order_that_was_paid_can_come_back():
    """Reviving withdraws the refund that cancelling asked for, so it may be open."""
    gone = Standing("cancelled", "cancelled", money="full", captured=True, refund_open=True)
    assert isinstance(verdict("revive", gone), Transition)


@pytest.mark.parametrize(
    ("money", "review", "state"),
    [
        ("none", False, "awaiting_payment"),
        ("part", True, "awaiting_payment"),
        ("full", False, "open"),
        ("over", False, "open"),
        ("full", True, "in_review"),
    ],
)
def test_the_first_target_whose_conditions_hold(money, review, state):
    standing = Standing("", "draft", money=money, review=review)
    assert decisions.target(RETAIL.placing, standing).state == state


# --- actions --------------------------------------------------------------------------------


def names(standing: Standing, actor: Actor = STAFF, *, allowed: bool = True) -> list[str]:
    found = decisions.actions(RETAIL, standing, actor)
    return [action.name for action in found if action.allowed is allowed]


def test_what_may_be_done_comes_in_the_order_of_the_blueprint():
    assert names(UNPAID) == ["pay", "cancel", "hold"]
    assert names(OPEN) == ["ship", "refund", "cancel", "hold"]
    assert names(OPEN, allowed=False) == ["pay", "deliver", "confirm_receipt"]
    assert names(OPEN, READER) == []
    assert names(UNPAID, BUYER) == ["cancel"]
    assert names(Standing("closed", "closed"), SYSTEM) == []


def test_an_act_that_is_shown_says_why_not():
    for action in decisions.actions(RETAIL, OPEN, STAFF):
        assert (action.why_not is None) is action.allowed
        assert action.label["en"]
    held = OPEN._replace(holds=frozenset(["order"]))
    assert "release" in names(held)
    assert "hold" not in names(held)
    (ship,) = (one for one in decisions.actions(RETAIL, held, STAFF) if one.name == "ship")
    assert not ship.allowed
    assert "hold" in (ship.why_not or "")


def test_actions_agree_with_refusals():
    standings = [OPEN, UNPAID, OPEN._replace(shipped="part"), Standing("completed", "completed")]
    for standing in standings:
        for actor in (STAFF, READER, BUYER, SYSTEM):
            for action in decisions.actions(RETAIL, standing, actor):
                if action.name not in {"hold", "release"}:
                    answer = decisions.refusal(RETAIL, action.name, standing, actor)
                    assert isinstance(answer, Refused) is not action.allowed


def test_another_source_under_the_same_key_is_not_answered_from_memory():
    assert "ship" in names(OPEN)
    other = load(
        (resources.files("laidan.blueprints") / "retail.toml")
        .read_text("utf-8")
        .replace('name = "ship"', 'name = "send"')
    )
    assert other.key == RETAIL.key
    found = [action.name for action in decisions.actions(other, OPEN, STAFF)]
    assert "send" in found
    assert "ship" not in found
    assert "ship" in names(OPEN)


def test_every_guard_has_a_code_and_a_sentence():
    assert len({guard.code for guard in GUARDS.values()}) == len(GUARDS)
    assert all(guard.detail.endswith(".") for guard in GUARDS.values())


# --- deadlines ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "state", "anchors", "at", "transition"),
    [
        ("retail", "awaiting_payment", {"state": NOON}, timedelta(minutes=30), "cancel"),
        ("retail", "open", {"state": NOON}, None, None),
        ("retail", "open", {"state": NOON, "shipped": NOON}, timedelta(days=7), "confirm_receipt"),
        ("retail", "completed", {"state": NOON}, timedelta(days=15), "close"),
        ("retail", "closed", {"state": NOON}, None, None),
        ("virtual", "awaiting_payment", {"state": NOON}, timedelta(minutes=30), "cancel"),
        ("custom", "awaiting_payment", {"state": NOON}, timedelta(hours=24), "cancel"),
        ("custom", "making", {"state": NOON}, None, None),
    ],
)
def test_when_the_clock_acts(code, state, anchors, at, transition):
    due = decisions.due(shipped(code), state, anchors)
    if at is None:
        assert due is None
    else:
        assert due is not None
        assert (due.at, due.transition) == (NOON + at, transition)
        answer = decisions.refusal(
            shipped(code), transition, Standing(state, "open", shipped="all"), CLOCK
        )
        assert isinstance(answer, Transition) or answer.extra["guard"] != "wrong-state"


def test_the_earliest_of_several_deadlines_comes_first():
    source = (resources.files("laidan.blueprints") / "retail.toml").read_text("utf-8")
    several = load(
        source.replace(
            'deadlines = [{ anchor = "shipped", after = "7d", transition = "confirm_receipt" }]',
            'deadlines = [{ anchor = "shipped", after = "7d", transition = "confirm_receipt" },'
            '{ anchor = "delivered", after = "2d", transition = "confirm_receipt" }]',
        )
    )
    both = {"shipped": NOON, "delivered": NOON + timedelta(days=1)}
    assert decisions.due(several, "open", both).at == NOON + timedelta(days=3)
    assert decisions.due(several, "open", {"shipped": NOON}).at == NOON + timedelta(days=7)


def test_when_an_order_is_late():
    assert decisions.late_at(RETAIL, "open", NOON) == NOON + timedelta(hours=48)
    assert decisions.late_at(RETAIL, "awaiting_payment", NOON) is None
