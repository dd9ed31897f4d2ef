"""The laws of the stream can be broken, and then the check names them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from builders import NOON
from laidan.engine import housekeeping, stream
from laidan.insights.laws import checker, stream_laws
from laidan.insights.laws.law import judge
from laidan.kernel.actor import SYSTEM
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.transition_requests import Advance, TransitionInputs
from laws.conftest import run

pytestmark = pytest.mark.django_db


def found():
    """Return what the laws of the stream say, and that the check asks them all."""
    laws = (*stream_laws.LAWS, *stream_laws.reading_laws())
    assert {law.name for law in laws} <= {law.name for law in checker.all_laws()}
    return {law.name: rows for law in laws if (rows := judge(law).rows)}


def test_a_gap_a_double_and_a_wrong_order_in_the_stream_are_named(world):
    wish = Advance(world["waiting"], "hold", SYSTEM, TransitionInputs(reason="look"))
    assert advance_orders([wish], now=NOON)[0].value
    assert stream.number_events(1000, now=NOON) > 3
    last = stream.head()
    assert found() == {}
    run("UPDATE event SET position = NULL WHERE position = %s", last - 1)
    (row,) = found()["stream-without-gap"]
    assert row == {"events": last - 1, "places": last - 1, "first": 1, "last": last}
    run("UPDATE event SET position = %s WHERE position IS NULL", last - 2)
    (row,) = found()["stream-without-gap"]
    assert row == {"events": last, "places": last - 1, "first": 1, "last": last}
    run("UPDATE event SET position = 1000 WHERE seq = 1 AND subject_id IN "
        "(SELECT x.s FROM (SELECT subject_id AS s FROM event WHERE seq = 2) x)")  # fmt: skip
    assert found()["stream-in-order"][0]["before"] == 1000


def test_events_that_a_running_worker_leaves_are_named(world, monkeypatch, settings):
    monkeypatch.setattr(stream_laws, "_PATIENCE_SECONDS", 0.1)
    run("UPDATE event SET at = %s", (NOON - timedelta(days=2)).replace(tzinfo=None))
    assert "events-are-relayed" not in found()
    housekeeping.beat(now=timezone.now())
    assert found()["events-are-relayed"][0]["reader"] == "stream"
    stream.begin(stream.BROKER)
    stream.number_events(1000, now=timezone.now() - timedelta(hours=2))
    assert "events-are-relayed" not in found()
    settings.LAIDAN_BROKER_URL = "amqp://x"
    (row,) = found()["events-are-relayed"]
    assert (row["reader"], row["position"]) == ("broker", 1)
    stream.advance(stream.BROKER, 0, stream.head())
    assert "events-are-relayed" not in found()
