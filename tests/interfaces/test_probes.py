"""What monitoring asks, and who may ask it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from builders import a_key, a_shop, a_sku, an_order
from laidan.engine import housekeeping

pytestmark = pytest.mark.django_db


def test_a_process_that_answers_is_alive(
    client: Client, django_assert_num_queries: pytest.FixtureDef[object]
) -> None:
    with django_assert_num_queries(0):
        assert client.get("/healthz").json()["status"] == "alive"


def test_ready_needs_a_worker_that_was_heard_of_lately(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["worker"]) == (503, "was never started")
    housekeeping.beat(now=datetime.now(UTC))
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "status": "ready", "database": "ok", "migrations": "ok", "worker": "ok",
    }  # fmt: skip
    housekeeping.beat(now=datetime.now(UTC) - timedelta(minutes=5))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["worker"].startswith("silent since")


def test_metrics_count_orders_for_callers_of_this_machine(client: Client) -> None:
    a_shop()
    a_sku()
    an_order()
    housekeeping.beat(now=datetime.now(UTC))
    text = client.get("/metrics").content.decode()
    assert 'laidan_orders{state="awaiting_payment",type="retail"} 1.0' in text
    assert "laidan_worker_silent_seconds" in text
    assert "process_resident_memory_bytes" in text


def test_metrics_are_not_for_strangers(client: Client) -> None:
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.7").status_code == 401
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 401
    key = {"Authorization": f"Bearer {a_key('orders:read')}"}
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.7", headers=key).status_code == 403
    key = {"Authorization": f"Bearer {a_key('admin')}"}
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.7", headers=key).status_code == 200
