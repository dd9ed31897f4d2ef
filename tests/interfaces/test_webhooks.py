"""Webhooks: signed, in order of each subject, tried again, paused, replayed."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from builders import NOON, a_shop, a_sku, an_order
from interfaces.doors import a_key
from laidan.domain.audit.models import Operation
from laidan.domain.webhooks import core
from laidan.domain.webhooks.models import WebhookDelivery, WebhookEndpoint
from laidan.engine import stream
from laidan.insights.event_documents import shop_of
from laidan.interfaces.outgoing import posting
from laidan.interfaces.worker import webhooks
from laidan.interfaces.worker.webhooks import Dispatcher
from laidan.kernel.actor import STAFF, SYSTEM, Actor
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.deliver_webhooks import queue_deliveries
from laidan.usecases.keep_webhooks import KeepWebhook, keep_webhooks
from laidan.usecases.replay_deliveries import Replay, replay_deliveries
from laidan.usecases.transition_requests import Advance, TransitionInputs
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


def keep(name="shop", now=NOON, actor=SYSTEM, **more):
    (outcome,) = keep_webhooks([KeepWebhook(actor, name=name, **more)], now=now)
    return outcome


def a_webhook(receiver, **more):
    made = keep(url=receiver.url, **more).value
    return made.id, made.secret


def some_orders(count):
    if not WebhookDelivery.objects.exists() and stream.head() == 0:
        a_shop()
        a_sku("TEE", on_hand=1000)
    made = [an_order(("TEE", 1)) for _ in range(count)]
    stream.number_events(1000, now=NOON)
    return [one.order_id for one in made]


def hold(order_id):
    wish = Advance(order_id, "hold", SYSTEM, TransitionInputs(reason="look"))
    (outcome,) = advance_orders([wish], now=NOON)
    assert outcome.value
    stream.number_events(1000, now=NOON)


def run(dispatcher, now=NOON, rounds=1000):
    """Let the dispatcher work at an instant until nothing is left to do then."""
    for _ in range(rounds):
        if dispatcher.step(now) == 0:
            return
    raise AssertionError("the dispatcher never rests")


def told(**filters):
    return list(
        WebhookDelivery.objects.filter(**filters).order_by("position").values_list("state", "tries")
    )


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
    monkeypatch.setattr(posting.post, "__kwdefaults__", {"seconds": 0.2})
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
    from laidan.interfaces.outgoing.testing import send_test

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
    queue_deliveries(100, shop_of=shop_of, now=NOON)
    from laidan.usecases.deliver_webhooks import Tried, note_deliveries, take_deliveries

    endpoint = WebhookEndpoint.objects.get().pk
    (lost,) = take_deliveries({endpoint: 5}, now=NOON)
    assert take_deliveries({endpoint: 5}, now=NOON) == []
    run(dispatcher, NOON + core.LEASE)
    assert told() == [("done", 2)]
    note_deliveries([Tried(lost.taken, NOON, 1, None, "late")], now=NOON)
    assert told() == [("done", 2)]


def test_queueing_taking_and_telling_cost_the_same_for_many(receiver):
    a_webhook(receiver)
    from laidan.usecases import deliver_webhooks as deliver

    endpoint = WebhookEndpoint.objects.get().pk
    costs = []
    for count in (1, 30):
        some_orders(count)
        with statements() as found:
            assert deliver.queue_deliveries(100, shop_of=shop_of, now=NOON) == count
            taken = deliver.take_deliveries({endpoint: 100}, now=NOON)
            tried = [deliver.Tried(one.taken, NOON, 1, 200) for one in taken]
            deliver.note_deliveries(tried, now=NOON)
        costs.append(len(found))
        assert len(taken) == count
    assert costs[0] == costs[1]


def test_wrong_webhooks_are_refused_and_leave_nothing(settings):
    settings.LAIDAN_WEBHOOK_ALLOW_PRIVATE = False
    for url in ("http://example.com/x", "https://10.0.0.1/x", "https://[::1]/", "https://u:p@x/",
                "https://localhost/", "ftp://x/", "", "https://x/ y", "https://x:0/", "https://x#y"):  # fmt: skip
        assert keep(url=url).code == "invalid-request", url
    assert keep(url="https://example.com/x", secret="whsec_x").code == "invalid-request"
    assert keep(url="https://example.com/x", state="gone").code == "invalid-request"
    assert keep(url="https://example.com/x", old_hours=999).code == "invalid-request"
    nobody = Actor(STAFF, "user:x")
    assert keep(url="https://example.com/x", actor=nobody).code == "forbidden"
    assert keep(id="0" * 36, url="https://example.com/x").code == "unknown-webhook"
    assert (WebhookEndpoint.objects.count(), Operation.objects.count()) == (0, 0)


def test_names_are_taken_once_and_endpoints_are_limited(monkeypatch):
    url = "https://example.com/x"
    first, second = keep("a", url=url).value, keep("b", url=url).value
    assert (first.created, keep("a", url=url).value.created) == (True, False)
    assert keep("a", id=second.id).code == "webhook-taken"
    monkeypatch.setattr(core, "ENDPOINTS_MAX", 2)
    assert keep("c", url=url).code == "too-many-webhooks"
    assert keep("a", is_gone=True).value.changed
    assert keep("c", url=url).value.created
    assert sorted(WebhookEndpoint.objects.values_list("name", flat=True)) == ["b", "c"]
    assert keep("a", is_gone=True).code == "unknown-webhook"


def test_a_private_address_behind_a_name_is_not_called(receiver, dispatcher, settings, monkeypatch):
    a_webhook(receiver)
    some_orders(1)
    settings.LAIDAN_WEBHOOK_ALLOW_PRIVATE = False
    found = posting.post("https://inner.example/x", b"", {}, allow_private=False)
    assert found.status is None
    monkeypatch.setattr(
        posting.socket, "getaddrinfo",
        lambda *_, **__: [(2, 1, 6, "", ("93.184.215.14", 443)), (2, 1, 6, "", ("10.0.0.7", 443))],
    )  # fmt: skip
    found = posting.post("https://inner.example/x", b"", {}, allow_private=False)
    assert (found.status, found.error) == (None, "the address is inside a private network")
    assert receiver.got == []


def test_the_api_keeps_tells_tests_and_replays(client, receiver, dispatcher):
    token = a_key()

    def call(method, path, body=None):
        return client.generic(
            method, f"/api/v1{path}", json.dumps(body) if body is not None else "",
            content_type="application/json", headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip

    wish = {"webhooks": [{"name": "erp", "url": receiver.url, "types": ["order.*"]}, {"name": 1}]}
    made, wrong = call("PUT", "/webhooks", wish).json()["outcomes"]
    assert (made["status"], wrong["status"]) == (201, 422)
    secret, id_ = made["webhook"]["secret"], made["webhook"]["id"]
    (again,) = call("PUT", "/webhooks", {"webhooks": wish["webhooks"][:1]}).json()["outcomes"]
    assert (again["status"], again["webhook"]) == (
        200,
        {"id": id_, "name": "erp", "changed": False},
    )
    some_orders(2)
    run(dispatcher)
    assert receiver.signatures(0, secret) == [True]
    (listed,) = call("GET", "/webhooks").json()["items"]
    assert (listed["types"], listed["waiting"], listed["position"]) == (["order.*"], 0, 2)
    assert secret not in json.dumps(listed)
    first = call("GET", f"/webhooks/{id_}/deliveries?limit=1").json()
    (item,) = first["items"]
    assert (item["state"], item["answer"], item["position"]) == ("done", "ok", 2)
    assert item["request"]["url"] == receiver.url
    rest = call("GET", f"/webhooks/{id_}/deliveries?cursor={first['next_cursor']}").json()
    assert ([one["position"] for one in rest["items"]], rest["next_cursor"]) == ([1], None)
    assert call("POST", f"/webhooks/{id_}/replay", {"ids": [item["id"]]}).json() == {
        "deliveries": 1
    }
    run(dispatcher, datetime.now(UTC))
    assert len(receiver.got) == 3
    assert call("POST", f"/webhooks/{id_}/test").json()["delivered"]
    assert call("DELETE", f"/webhooks/{id_}").json() == {"removed": True}
    assert call("DELETE", f"/webhooks/{id_}").status_code == 404
    assert WebhookDelivery.objects.count() == 0


def test_old_deliveries_are_dropped(receiver, dispatcher):
    a_webhook(receiver)
    some_orders(2)
    run(dispatcher)
    assert webhooks._drop_old(NOON + 10 * DAY) == 0
    WebhookDelivery.objects.update(done_at=NOON)
    assert webhooks._drop_old(NOON + 31 * DAY) == 2
    assert WebhookDelivery.objects.count() == 0
