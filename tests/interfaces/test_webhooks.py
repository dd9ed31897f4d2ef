"""Webhooks: signed, in order of each subject, tried again, paused, replayed."""

import json
import time
from datetime import timedelta

import pytest

from builders import NOON
from interfaces.hooks import a_webhook, hold, keep, run, some_orders, told
from laidan.domain.audit.models import Operation
from laidan.domain.webhooks import core
from laidan.domain.webhooks.models import WebhookDelivery, WebhookEndpoint
from laidan.engine import stream
from laidan.insights.event_documents import shop_of
from laidan.interfaces.outgoing import posting
from laidan.interfaces.outgoing.testing import send_test
from laidan.interfaces.worker.webhooks import Dispatcher
from laidan.kernel.actor import SYSTEM
from laidan.usecases import deliver_webhooks as deliver
from laidan.usecases.replay_deliveries import Replay, replay_deliveries
from receivers import Receiver
from statements import statements

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _inside(settings):
    settings.LAIDAN_WEBHOOK_ALLOW_PRIVATE = True


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def dispatcher():
    made = Dispatcher()
    yield made
    made.leave()


def test_an_event_is_sent_signed_by_standard_webhooks(receiver, dispatcher):
    _endpoint, secret = a_webhook(receiver)
    (order,) = some_orders(1)
    run(dispatcher)
    (event,) = receiver.got
    headers = receiver.headers[0]
    assert (event["type"], event["subject"]["id"], event["position"]) == ("order.placed", order, 1)
    assert "customer" not in event["data"]["order"]
    assert headers["webhook-id"] == event["id"]
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert receiver.signatures(0, secret) == [True]
    (row,) = WebhookDelivery.objects.all()
    assert (row.state, row.tries, row.status, row.answer) == ("done", 1, 200, "ok")
    assert json.loads(row.request)["headers"]["webhook-signature"] == headers["webhook-signature"]
    assert secret not in json.dumps(list(WebhookEndpoint.objects.values()), default=str)
    assert secret not in json.dumps(list(Operation.objects.values()), default=str)


def test_while_secrets_rotate_both_sign_and_then_the_new_one_alone(receiver, dispatcher):
    _endpoint, old = a_webhook(receiver)
    new = keep(rotates=True, old_hours=1, now=NOON).value.secret
    some_orders(1)
    run(dispatcher)
    assert (receiver.signatures(0, new), receiver.signatures(0, old)) == (
        [True, False], [False, True],
    )  # fmt: skip
    some_orders(1)
    run(dispatcher, NOON + timedelta(hours=2))
    assert (receiver.signatures(1, new), receiver.signatures(1, old)) == ([True], [False])
    assert Operation.objects.filter(action="webhook.renewed").count() == 1


def test_filters_of_types_and_shops_hold_back_the_rest(receiver, dispatcher):
    a_webhook(receiver, types=("order.held", "product.*"), shops=("main",))
    first, _ = some_orders(2)
    hold(first)
    run(dispatcher)
    assert [one["type"] for one in receiver.got] == ["order.held"]
    keep(types=(), shops=("elsewhere",))
    some_orders(1)
    run(dispatcher)
    assert len(receiver.got) == 1
    assert WebhookEndpoint.objects.get().position == stream.head() == 4


def test_a_later_event_waits_for_an_earlier_one_of_its_subject_and_others_go_on(dispatcher):
    broken: set[str] = set()
    receiver = Receiver(
        lambda number, event: (500, b"no") if event["subject"]["id"] in broken else (200, b"")
    )
    a_webhook(receiver)
    first, second = some_orders(2)
    broken.add(first)
    hold(first)
    hold(second)
    run(dispatcher)
    later = NOON + timedelta(minutes=1)
    for minute in range(1, 9):
        run(dispatcher, NOON + timedelta(minutes=minute))
    assert [one["subject"]["id"] for one in receiver.taken] == [second, second]
    assert [one["type"] for one in receiver.got if one["subject"]["id"] == first][:1] == [
        "order.placed"
    ]
    assert told(subject_id=first)[1] == ("waiting", 0)
    broken.clear()
    run(dispatcher, later + DAY)
    assert [one["type"] for one in receiver.taken if one["subject"]["id"] == first] == [
        "order.placed", "order.held",
    ]  # fmt: skip
    receiver.close()


@pytest.mark.parametrize("way", ["close", "cut", "late", (302, b""), (500, b"x" * 5000)])
def test_what_was_not_taken_is_sent_again_until_it_is(way, dispatcher, monkeypatch):
    if way == "late":
        monkeypatch.setattr(posting.post, "__kwdefaults__", {"seconds": 1.0})
    receiver = Receiver(lambda number, event: way if number < 2 else (200, b"ok"))
    a_webhook(receiver)
    some_orders(1)
    run(dispatcher)
    assert told() == [("waiting", 1)]
    row = WebhookDelivery.objects.get()
    assert (row.error != "") is isinstance(way, str)
    assert len(row.answer) <= core.ANSWER_BYTES
    for hour in range(1, 4):
        run(dispatcher, NOON + timedelta(hours=hour))
    assert told() == [("done", 3)]
    assert [one["id"] for one in receiver.got] == [receiver.got[0]["id"]] * 3
    receiver.close()


def test_after_three_days_it_is_given_up_and_can_be_sent_again(dispatcher):
    is_ill = True
    receiver = Receiver(lambda number, event: (500, b"no") if is_ill else (200, b""))
    endpoint, _ = a_webhook(receiver)
    some_orders(1)
    now = NOON
    for _ in range(len(core.BACKOFF) + 1):
        run(dispatcher, now)
        WebhookEndpoint.objects.update(state="active", failing_since=None, rest_until=None)
        row = WebhookDelivery.objects.get()
        now = row.next_at or now
    assert told() == [("failed", len(core.BACKOFF) + 1)]
    assert timedelta(days=2.9) < now - NOON < timedelta(days=4)
    is_ill = False
    wish = Replay(SYSTEM, endpoint, failed=True)
    (outcome,) = replay_deliveries([wish], shop_of=shop_of, now=now)
    assert outcome.value == 1
    run(dispatcher, now)
    assert told() == [("done", 1)]
    receiver.close()


def test_a_webhook_that_only_fails_for_a_day_is_paused_and_goes_on_after_a_test(dispatcher):
    is_ill = True
    receiver = Receiver(lambda number, event: (503, b"no") if is_ill else (200, b""))
    _endpoint, _ = a_webhook(receiver)
    some_orders(1)
    run(dispatcher)
    for hour in range(1, 60):
        run(dispatcher, NOON + timedelta(hours=hour))
    row = WebhookEndpoint.objects.get()
    assert (row.state, row.paused_why) == ("paused", "503")
    assert Operation.objects.filter(action="webhook.paused").count() == 1
    some_orders(1)
    before = len(receiver.got)
    run(dispatcher, NOON + 3 * DAY)
    assert len(receiver.got) == before
    assert not send_test(row, actor="user:li", now=NOON).is_done
    assert WebhookEndpoint.objects.get().state == "paused"
    is_ill = False
    assert send_test(row, actor="user:li", now=NOON).is_done
    assert receiver.got[-1]["type"] == "webhook.test"
    assert WebhookEndpoint.objects.get().state == "active"
    run(dispatcher, NOON + 9 * DAY)
    assert [state for state, _ in told()] == ["done", "done"]
    receiver.close()


def test_gone_ends_a_webhook():
    receiver, dispatcher = Receiver(lambda number, event: (410, b"")), Dispatcher()
    a_webhook(receiver)
    some_orders(1)
    run(dispatcher)
    assert WebhookEndpoint.objects.get().state == "ended"
    dispatcher.leave()
    receiver.close()


def test_a_span_is_sent_again_with_what_was_never_sent(receiver, dispatcher):
    some_orders(2)
    endpoint, _ = a_webhook(receiver)
    some_orders(2)
    run(dispatcher)
    assert sorted(one["position"] for one in receiver.got) == [3, 4]
    wish = Replay(SYSTEM, endpoint, after=1, until=3)
    (outcome,) = replay_deliveries([wish], shop_of=shop_of, now=NOON)
    assert outcome.value == 2
    run(dispatcher)
    assert sorted(one["position"] for one in receiver.got[2:]) == [2, 3]
    (refused,) = replay_deliveries([Replay(SYSTEM, endpoint, after=3, until=3)], shop_of=shop_of,
                                   now=NOON)  # fmt: skip
    assert refused.code == "invalid-request"
    (unknown,) = replay_deliveries([Replay(SYSTEM, "x")], shop_of=shop_of, now=NOON)
    assert unknown.code == "unknown-webhook"


def test_a_worker_that_died_holds_nothing_up(receiver, dispatcher):
    a_webhook(receiver)
    some_orders(1)
    deliver.queue_deliveries(100, shop_of=shop_of, now=NOON)
    endpoint = WebhookEndpoint.objects.get().pk
    (lost,) = deliver.take_deliveries({endpoint: 5}, now=NOON)
    assert deliver.take_deliveries({endpoint: 5}, now=NOON) == []
    run(dispatcher, NOON + core.LEASE)
    assert told() == [("done", 2)]
    deliver.note_deliveries(
        [deliver.Tried(lost.taken, NOON, 1, None, "late")], now=NOON, chance=float
    )
    assert told() == [("done", 2)]


def test_queueing_taking_and_telling_cost_the_same_for_many(receiver):
    a_webhook(receiver)
    endpoint = WebhookEndpoint.objects.get().pk
    costs = []
    for count in (1, 30):
        some_orders(count)
        with statements() as found:
            assert deliver.queue_deliveries(100, shop_of=shop_of, now=NOON) == count
            taken = deliver.take_deliveries({endpoint: 100}, now=NOON)
            tried = [deliver.Tried(one.taken, NOON, 1, 200) for one in taken]
            deliver.note_deliveries(tried, now=NOON, chance=float)
        costs.append(len(found))
        assert len(taken) == count
    assert costs[0] == costs[1]
