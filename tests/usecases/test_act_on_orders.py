"""One act for many orders: tags, assignments, holds and transitions, and taking them back."""

from collections.abc import Callable
from typing import Any

import pytest

from builders import NOON, a_request, a_shop, a_sku, a_user, some_orders
from laidan.domain.access.roles import BUILT_IN
from laidan.domain.audit.models import Operation
from laidan.domain.orders.models import Hold, Order, OrderTag
from laidan.domain.workplace.models import Assignment
from laidan.kernel.actor import STAFF, SYSTEM, Actor
from laidan.kernel.outcome import Done, Refused
from laidan.kernel.permissions import covers
from laidan.usecases.act_on_orders import ManyAct, act_on_orders, take_back, way_back
from laidan.usecases.transition_requests import TransitionInputs
from laws.conftest import broken
from statements import statements

pytestmark = pytest.mark.django_db
READER = Actor(STAFF, "user:reader", frozenset({"orders.view"}))
NOWHERE = "019a0000-0000-7000-8000-000000000000"


@pytest.fixture
def ids() -> list[str]:
    """Three orders that wait for their money."""
    a_shop()
    a_sku()
    return [one.order_id for one in some_orders(a_request(), a_request(tags=["vip"]), a_request())]


def act(ids: list[str], name: str, actor: Actor = SYSTEM, **more: Any) -> list[Any]:
    return act_on_orders(ids, ManyAct(name, **more), actor=actor, now=NOON)


def tags() -> list[tuple[str, str]]:
    return sorted(OrderTag.objects.values_list("order_id", "tag"))


def open_holds() -> list[tuple[str, str, str]]:
    found = Hold.objects.filter(released_at=None).values_list("order_id", "scope", "reason")
    return sorted(found)


def undone(outcomes: list[Any]) -> list[Any]:
    return take_back(way_back(outcomes), actor=SYSTEM, now=NOON)


def test_a_tag_comes_and_goes_and_leaves_the_others(ids: list[str]) -> None:
    before = tags()
    outcomes = act(ids, "tag", value="vip")
    assert [one.value.changed for one in outcomes] == [True, False, True]
    assert [tag for _, tag in tags()] == ["vip"] * 3
    # What had the tag before keeps it.
    undone(outcomes)
    assert tags() == before
    gone = act(ids, "untag", value="vip")
    assert (tags(), [one.value.changed for one in gone]) == ([], [False, True, False])
    undone(gone)
    assert tags() == before
    assert broken() == {}


def test_an_assignment_goes_back_to_who_had_it(ids: list[str]) -> None:
    first, second = a_user("li"), a_user("wang")
    act(ids[:1], "assign", value="li")
    outcomes = act(ids, "assign", value="wang")
    assert set(Assignment.objects.values_list("user_id", flat=True)) == {second.pk}
    undone(outcomes)
    assert list(Assignment.objects.values_list("id", "user_id")) == [(ids[0], first.pk)]
    act(ids, "assign", value="")
    assert not Assignment.objects.exists()


def test_assigning_asks_a_right_of_its_own_and_is_written_down(ids: list[str]) -> None:
    a_user("li")
    tagger = Actor(STAFF, "user:t", frozenset({"orders.view", "orders.change_tags"}))
    (refused,) = act_on_orders(ids[:1], ManyAct("assign", "li"), actor=tagger, now=NOON)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.extra["permission"]) == ("forbidden", "orders.assign")
    assert not Assignment.objects.exists()
    leader = Actor(STAFF, "user:l", frozenset({"orders.view", "orders.assign"}))
    for _ in range(2):
        act_on_orders(ids[:2], ManyAct("assign", "li"), actor=leader, now=NOON)
    told = Operation.objects.filter(action="order.assigned").values_list("actor", "changes")
    assert [*told] == [("user:l", '{"assignee":[null,"li"]}')] * 2
    may = {code for code, role in BUILT_IN.items() if covers(role.permissions, "orders.assign")}
    assert may == {"administrator", "operator"}


def test_a_hold_is_released_and_a_release_restores_each_hold_with_its_reason(
    ids: list[str],
) -> None:
    told = TransitionInputs(reason="check", scope="fulfilment")
    held = act(ids, "hold", inputs=told)
    assert open_holds() == sorted((one, "fulfilment", "check") for one in ids)
    undone(held)
    assert open_holds() == []
    act(ids[:1], "hold", inputs=told)
    act(ids[:1], "hold", inputs=TransitionInputs(reason="fraud?"))
    before = open_holds()
    released = act(ids, "release")
    assert [isinstance(one, Refused) for one in released] == [False, True, True]
    undone(released)
    assert open_holds() == before
    assert broken() == {}


def test_a_transition_refuses_each_order_for_itself_and_nothing_takes_it_back(
    ids: list[str],
) -> None:
    act(ids[:1], "hold", inputs=TransitionInputs(reason="check"))
    outcomes = act([*ids, NOWHERE], "cancel", inputs=TransitionInputs(reason="staff"))
    assert [getattr(one, "code", "") for one in outcomes] == [
        "transition-refused", "", "", "not-found",
    ]  # fmt: skip
    assert way_back(outcomes) == {}
    assert Order.objects.filter(state="cancelled").count() == 2


@pytest.mark.parametrize(
    ("wish", "codes"),
    [
        (ManyAct("tag", "x"), {"forbidden"}),
        (ManyAct("assign", "li"), {"forbidden"}),
        (ManyAct("hold", inputs=TransitionInputs(reason="x")), {"forbidden"}),
        (ManyAct("nonsense"), {"unknown-transition"}),
    ],
)
def test_who_may_not_changes_nothing(ids: list[str], wish: ManyAct, codes: set[str]) -> None:
    a_user("li")
    before = (tags(), open_holds(), list(Order.objects.values_list("id", "version")))
    outcomes = act_on_orders(ids, wish, actor=READER, now=NOON)
    assert {one.code for one in outcomes if isinstance(one, Refused)} <= codes | {"not-found"}
    assert len([one for one in outcomes if isinstance(one, Refused)]) == 3
    assert (tags(), open_holds(), list(Order.objects.values_list("id", "version"))) == before
    assert not Assignment.objects.exists()


@pytest.mark.parametrize("value", ["", "x" * 41])
def test_what_is_no_tag_is_refused(ids: list[str], value: str) -> None:
    assert {one.code for one in act(ids, "tag", value=value)} == {"invalid-request"}


def test_an_unknown_colleague_is_refused_and_twice_the_same_order_is_one(ids: list[str]) -> None:
    assert {one.code for one in act(ids, "assign", value="nobody-here")} == {"unknown-user"}
    a_user("li")
    twice = act([ids[0], ids[0]], "assign", value="li")
    assert all(isinstance(one, Done) for one in twice)
    assert all(isinstance(one, Done) for one in act([ids[0], ids[0]], "tag", value="once"))
    assert tags().count((ids[0], "once")) == 1


@pytest.mark.parametrize(
    "wish",
    [ManyAct("tag", "new"), ManyAct("assign", "li"), ManyAct("release")],
    ids=lambda wish: wish.name,
)
def test_many_orders_take_the_statements_of_one(wish: ManyAct) -> None:
    a_shop()
    a_sku()
    a_user("li")
    some_orders(*[a_request() for _ in range(41)])
    ids = list(Order.objects.order_by("id").values_list("id", flat=True))
    act(ids, "hold", inputs=TransitionInputs(reason="x"))

    def count(chosen: list[str], run: Callable[..., Any] = act_on_orders) -> int:
        with statements() as seen:
            outcomes = run(chosen, wish, actor=SYSTEM, now=NOON)
        assert all(isinstance(one, Done) for one in outcomes)
        return len(seen)

    assert count(ids[:1]) == count(ids[1:])
