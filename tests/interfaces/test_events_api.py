"""The stream over HTTP: in order, without a gap, as far as the caller may see."""

import pytest

from builders import NOON, a_customer, a_shop, a_sku, an_order
from interfaces.doors import a_key
from interfaces.reading import caller, is_problem
from laidan.engine import stream
from laidan.engine.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


def orders(*shops, places=True):
    a_shop()
    if "north" in shops:
        a_shop("north")
    a_sku("TEE", on_hand=100)
    made = []
    for one in shops:
        made.append(an_order(("TEE", 1), shop=one, customer=a_customer()).order_no)
        if places:
            stream.number_events(1, now=NOON)
    return made


def test_events_are_told_in_their_order_and_only_those_that_have_a_place():
    numbers = orders("main", "main", "main", places=False)
    get = caller(a_key())
    empty = get("/events").json()
    assert empty == {"items": [], "next_after": 0, "head": 0, "has_more": False}
    stream.number_events(2, now=NOON)
    answer = get("/events").json()
    assert [one["position"] for one in answer["items"]] == [1, 2]
    assert (answer["next_after"], answer["head"], answer["has_more"]) == (2, 2, False)
    stream.number_events(2, now=NOON)
    page = get("/events", after=1, limit=1).json()
    assert [one["position"] for one in page["items"]] == [2]
    assert (page["next_after"], page["head"], page["has_more"]) == (2, 3, True)
    told = [one["data"]["order"]["order_no"] for one in get("/events").json()["items"]]
    assert sorted(told) == sorted(numbers)
    assert get("/events", after=99).json()["next_after"] == 99
    event = answer["items"][0]
    assert event["subject"] == {"kind": "order", "id": event["data"]["order"]["id"]}
    assert (event["type"], event["seq"], event["id"]) == (
        "order.placed", 1, Event.objects.get(position=1).id,
    )  # fmt: skip
    assert event["data"]["order"]["customer"]["phone"] == "13800138000"
    assert "origin" not in event["data"]


def test_filters_look_through_the_stream_without_losing_a_place():
    orders("main", "north", "main", "north", "main")
    get = caller(a_key())
    page = get("/events", shop="north", limit=1).json()
    assert [one["position"] for one in page["items"]] == [2]
    page = get("/events", shop="north", after=page["next_after"]).json()
    assert ([one["position"] for one in page["items"]], page["next_after"]) == ([4], 5)
    assert get("/events", type="order.paid").json()["items"] == []
    assert len(get("/events", type=["order.placed", "x"]).json()["items"]) == 5


def test_contact_leaves_only_with_the_right():
    orders("main")
    (event,) = caller(a_key("orders:read"))("/events").json()["items"]
    assert event["data"]["order"]["customer"]["phone"] != "13800138000"
    assert caller(a_key("catalog:read", name="c"))("/events").json() == {
        "items": [], "next_after": 1, "head": 1, "has_more": False,
    }  # fmt: skip
    assert is_problem(caller(a_key("stock:read", name="s"))("/events"))


@pytest.mark.parametrize(
    "asked",
    [{"after": -1}, {"after": "x"}, {"after": 2**64}, {"limit": 0}, {"limit": 201}, {"y": 1}],
)
def test_rubbish_is_refused(asked):
    answer = caller(a_key())("/events", **asked)
    assert (answer.status_code, is_problem(answer)) == (422, True)


def test_metrics_tell_how_far_readers_are_behind(client):
    orders("main", "main")
    orders_only = client.get("/metrics").content.decode()
    assert 'laidan_events_behind{reader="broker"} 0.0' in orders_only
    assert "laidan_events_waiting_seconds 0.0" in orders_only
    assert "laidan_webhooks_stopped 0.0" in orders_only
