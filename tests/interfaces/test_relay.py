"""Events reach RabbitMQ: all of them, in order of each subject, whatever breaks on the way."""

import json
import threading

import pytest
from django.db import connections

from brokers import BROKER, Proxy, Reader, a_broker, eventually
from builders import NOON, a_shop, a_sku, an_order
from laidan.engine import stream
from laidan.engine.models import Event
from laidan.interfaces.worker import relay as relays
from laidan.interfaces.worker.relay import READER, Relay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_engine]


@pytest.fixture
def prefix():
    with a_broker() as made:
        yield made


@pytest.fixture
def reader(prefix):
    made = Reader(prefix)
    yield made
    made.close()


def orders(count):
    a_shop()
    a_sku("TEE", on_hand=10_000)
    return [an_order(("TEE", 1)) for _ in range(count)]


def assert_everything_arrived(reader, expected):
    """Every event is there; without repeats each subject's come in their order."""
    eventually(lambda: len({one.message_id for one in reader.read()}) == expected, "events lack")
    first = list({one.message_id: one.headers for one in reader.got}.values())
    last: dict[str, int] = {}
    for headers in first:
        assert headers["seq"] == last.get(headers["subject"], 0) + 1
        last[headers["subject"]] = headers["seq"]


def test_an_event_is_published_with_its_names_and_without_contact(prefix, reader):
    relay = Relay(BROKER, prefix)
    assert relay.step(NOON) == 0
    (order,) = orders(1)
    assert relays.number(NOON) == 1
    assert relay.step(NOON) == 1
    assert relay.step(NOON) == 0
    relay.leave()
    (message,) = reader.read()
    event = Event.objects.get()
    assert message.message_id == event.id
    assert message.headers == {"subject": order.order_id, "seq": 1, "position": 1}
    assert (message.delivery_info["routing_key"], message.type) == ("order.placed", "order.placed")
    body = json.loads(message.body)
    assert body["data"]["order"]["order_no"] == order.order_no
    assert {*body} == {"id", "type", "timestamp", "position", "subject", "seq", "actor", "data"}
    assert "customer" not in body["data"]["order"]
    assert "origin" not in body["data"]
    assert "13800138000" not in message.body


def test_without_a_broker_events_get_their_places_all_the_same(settings):
    settings.LAIDAN_BROKER_URL = ""
    orders(2)
    assert [task.name for task in relays.relay_tasks()] == ["number-events"]
    assert (relays.number(NOON), stream.head(), stream.cursor_of(READER)) == (2, 2, None)


def test_one_publishes_at_a_time_and_the_next_goes_on_where_it_ended(prefix, reader):
    first, second = Relay(BROKER, prefix), Relay(BROKER, prefix)
    first.step(NOON)
    orders(3)
    relays.number(NOON)
    assert first.step(NOON) == 3
    an_order(("TEE", 1))
    relays.number(NOON)
    assert second.step(NOON) == 0
    assert stream.cursor_of(READER) == 3
    first.leave()
    eventually(lambda: second.step(NOON) == 1, "nobody took over")
    second.leave()
    assert [one.headers["position"] for one in reader.read()] == [1, 2, 3, 4]


@pytest.mark.races
def test_a_broker_that_goes_and_comes_back_under_load_loses_nothing(prefix, reader, monkeypatch):
    monkeypatch.setattr(relays, "_PAUSE_SECONDS", (0.05, 0.2))
    proxy, stop = Proxy(), threading.Event()
    relay = Relay(proxy.url, prefix)
    relay.step(NOON)
    orders(1)

    def work():
        try:
            while not stop.is_set():
                relays.number(NOON)
                relay.step(NOON)
        finally:
            relay.leave()
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for round_ in range(3):
            for _ in range(15):
                an_order(("TEE", 1))
            proxy.cut()
            for _ in range(15):
                an_order(("TEE", 1))
            assert Event.objects.count() == 1 + 30 * (round_ + 1)
            proxy.mend()
        assert_everything_arrived(reader, 91)
        eventually(lambda: stream.cursor_of(READER) == 91, "the cursor stays behind")
    finally:
        stop.set()
        thread.join()
        proxy.cut()
