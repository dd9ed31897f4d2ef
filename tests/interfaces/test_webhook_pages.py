"""The pages of webhooks: kept in a form, the secret shown once, tested, looked into, sent again."""

import re

import pytest

from builders import NOON, a_shop, a_sku, an_order
from interfaces.browsing import a_visitor, words
from laidan.domain.audit.models import Operation
from laidan.domain.notices.models import Alarm
from laidan.domain.orders.models import Order
from laidan.domain.webhooks.models import WebhookDelivery, WebhookEndpoint
from laidan.engine import stream
from laidan.interfaces.worker.webhooks import Dispatcher, keep_alarms
from receivers import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/settings/webhooks"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{40,}")


@pytest.fixture(autouse=True)
def _inside(settings):
    settings.LAIDAN_WEBHOOK_ALLOW_PRIVATE = True


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


def deliver():
    stream.number_events(100, now=NOON)
    dispatcher = Dispatcher()
    while dispatcher.step(NOON):
        pass
    dispatcher.leave()


def a_webhook(visitor, receiver, **more):
    given = {"name": "ERP", "url": receiver.url, **more}
    page = visitor.post(f"{LIST}/-/new", given)
    assert page.status_code == 200, words(page)
    return WebhookEndpoint.objects.get(), SECRET.search(page.content.decode()).group()


def test_a_webhook_is_added_and_its_secret_shown_once(receiver):
    a_shop()
    visitor = a_visitor()
    assert "No webhooks yet" in words(visitor.get(LIST))
    wrong = visitor.post(f"{LIST}/-/new", {"name": "ERP", "url": "ftp://x"})
    assert (wrong.status_code, WebhookEndpoint.objects.count()) == (422, 0)
    one, secret = a_webhook(visitor, receiver, types=["order.paid"], shops=["main"])
    assert (one.types, one.shops) == (["order.paid"], ["main"])
    page = visitor.get(f"{LIST}/{one.pk}")
    assert secret not in page.content.decode()
    assert "Nothing was sent yet" in words(page)
    assert "ERP" in words(visitor.get(LIST))
    again = visitor.post(f"{LIST}/-/new", {"name": "ERP", "url": receiver.url})
    assert (again.status_code, WebhookEndpoint.objects.count()) == (422, 1)
    changed = visitor.post(f"{LIST}/{one.pk}/edit", {"name": "New", "url": receiver.url})
    assert changed.status_code == 200
    one.refresh_from_db()
    assert (one.name, one.types, one.shops) == ("New", [], [])


def test_deliveries_are_looked_into_and_sent_again(receiver):
    a_shop()
    a_sku("TEE")
    visitor = a_visitor()
    one, _ = a_webhook(visitor, receiver)
    an_order(("TEE", 1))
    deliver()
    row = WebhookDelivery.objects.get()
    assert "Message taken" in words(visitor.get(f"{LIST}/{one.pk}"))
    page = visitor.get(f"{LIST}/{one.pk}/deliveries/{row.pk}").content.decode()
    assert receiver.headers[0]["webhook-signature"] in page.replace("&#x27;", "'")
    assert Order.objects.get().order_no in page
    assert "No delivery meets this" in words(visitor.get(f"{LIST}/{one.pk}?state=failed"))
    lines = visitor.get(f"{LIST}/{one.pk}/log.csv").content.decode().splitlines()
    assert (len(lines), lines[1].split(",")[4]) == (2, "done")
    assert Operation.objects.filter(action="export.created", label="deliveries").count() == 1
    acts = f"{LIST}/{one.pk}/act"
    assert visitor.post(acts, {"act": "replay", "delivery": row.pk}).status_code == 303
    row.refresh_from_db()
    assert row.state == "waiting"
    assert visitor.post(acts, {"act": "replay-span", "after": "1", "until": "1"}).status_code == 303
    assert visitor.post(acts, {"act": "fly"}).status_code == 404
    assert Operation.objects.filter(action="webhook.replayed").count() == 2


def test_it_is_tested_paused_resumed_rotated_and_removed(receiver):
    a_shop()
    visitor = a_visitor()
    one, first = a_webhook(visitor, receiver)
    acts = f"{LIST}/{one.pk}/act"
    assert visitor.post(acts, {"act": "test"}).status_code == 303
    assert [event["type"] for event in receiver.got] == ["webhook.test"]
    assert receiver.signatures(0, first) == [True]
    visitor.post(acts, {"act": "pause"})
    assert WebhookEndpoint.objects.get().state == "paused"
    visitor.post(acts, {"act": "resume"})
    assert WebhookEndpoint.objects.get().state == "active"
    refused = visitor.post(acts, {"act": "rotate", "old_hours": "x"})
    assert refused.status_code == 303
    page = visitor.post(acts, {"act": "rotate", "old_hours": "2"}).content.decode()
    assert SECRET.search(page).group() != first
    visitor.post(acts, {"act": "test"})
    assert receiver.signatures(1, first) == [False, True]
    assert visitor.post(acts, {"act": "remove"}).status_code == 303
    assert WebhookEndpoint.objects.count() == 0
    told = Operation.objects.filter(kind="webhook").values_list("action", flat=True)
    assert sorted(told) == sorted(
        f"webhook.{verb}"
        for verb in ("created", "tested", "changed", "changed", "renewed", "tested", "removed")
    )


def test_an_alarm_is_open_as_long_as_an_endpoint_is_paused_for_its_failures(receiver):
    a_shop()
    one, _ = a_webhook(a_visitor(), receiver)
    assert keep_alarms(NOON) == 0
    WebhookEndpoint.objects.update(state="paused", paused_why="503")
    assert (keep_alarms(NOON), keep_alarms(NOON)) == (1, 1)
    (alarm,) = Alarm.objects.all()
    assert (alarm.kind, alarm.label, alarm.link) == (
        "webhook-paused", "ERP", f"/settings/webhooks/{one.pk}",
    )  # fmt: skip
    WebhookEndpoint.objects.update(state="active", paused_why="")
    keep_alarms(NOON)
    assert Alarm.objects.filter(closed_at=None).count() == 0
