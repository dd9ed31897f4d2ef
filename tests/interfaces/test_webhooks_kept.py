"""Webhooks are kept: what is refused, what the API tells, which addresses are never called."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from builders import NOON
from interfaces.doors import a_key
from interfaces.hooks import a_webhook, keep, run, some_orders
from laidan.domain.audit.models import Operation
from laidan.domain.webhooks import core
from laidan.domain.webhooks.models import WebhookDelivery, WebhookEndpoint
from laidan.interfaces.outgoing import posting
from laidan.interfaces.worker import webhooks
from laidan.interfaces.worker.webhooks import Dispatcher
from laidan.kernel.actor import STAFF, Actor
from receivers import Receiver

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
