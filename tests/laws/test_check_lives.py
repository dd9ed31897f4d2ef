"""What `laidan check` says of orders that went through their lives step by step."""

from datetime import timedelta

import pytest
from django.db import connection

from builders import NOON, a_request, some_orders
from laidan.kernel.actor import SYSTEM
from laidan.kernel.outcome import Done
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.transition_requests import Advance, ShipLine, TransitionInputs
from laws.conftest import broken, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def lives(world) -> dict[str, str]:
    """Orders that went through their lives step by step."""
    done, gone = some_orders(a_request(("CUP", 2), paid="51.00"), a_request(("CUP", 1)))
    steps = [
        (done, "hold", TransitionInputs(scope="order", reason="call the buyer")),
        (done, "release", TransitionInputs()),
        (done, "ship", TransitionInputs(lines=[ShipLine(line_no=1, quantity=1)])),
        (done, "ship", TransitionInputs(courier="SF", tracking_no="SF1")),
        (done, "confirm_receipt", TransitionInputs()),
        (gone, "pay", TransitionInputs(amount="25.50", provider="cash", reference="R-1")),
        (gone, "cancel", TransitionInputs(reason="buyer")),
        (gone, "refund", TransitionInputs(amount="5.50", provider="cash", reference="R-2")),
    ]
    for number, (order, transition, inputs) in enumerate(steps, 1):
        request = Advance(order.order_id, transition, SYSTEM, inputs)
        (outcome,) = advance_orders([request], now=NOON + timedelta(minutes=number))
        assert isinstance(outcome, Done), (transition, outcome)
    return {"done": done.order_id, "gone": gone.order_id}


def test_all_laws_hold_of_whole_lives(lives):
    assert broken() == {}
    # And these lives are not empty.
    counts = "SELECT COUNT(*), COUNT(DISTINCT subject_id) FROM event WHERE subject_id IN (%s, %s)"
    with connection.cursor() as cursor:
        cursor.execute(counts, list(lives.values()))
        assert cursor.fetchone() == (10, 2)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Not listed from that state; begun where the one before did not end; no act that moves.
        ('"transition":"confirm_receipt"', '"transition":"approve"'),
        ('"state_from":"open","state_to":"completed"', '"state_from":"in_review","state_to":"x"'),
        ('"transition":"cancel"', '"transition":"hold"'),
    ],
)
def test_a_step_that_is_not_listed_is_named(lives, before, after):
    assert run("UPDATE event SET payload = REPLACE(payload, %s, %s)", before, after) >= 1
    assert broken()["listed-transitions-only"].count == 1


@pytest.mark.parametrize(
    ("law", "sql"),
    [
        ("event-for-every-version", "DELETE FROM event WHERE seq = 2 AND subject_id = '{done}'"),
        ("chain-of-hashes", "DELETE FROM event WHERE seq = 2 AND subject_id = '{done}'"),
        ("event-for-every-version", "DELETE FROM event WHERE seq = 6 AND subject_id = '{done}'"),
        ("cancelled-owes-refund", "DELETE FROM refund"),
        ("holds-are-counted", "UPDATE hold SET released_at = NULL"),
        ("on-hand-is-movements", "UPDATE movement SET delta = 0 WHERE order_id = '{done}'"),
        ("shipped-is-shipments", "UPDATE shipment_line SET quantity = 2"),
    ],
)
def test_a_life_that_was_changed_is_named(lives, law, sql):
    assert run(sql.format(**lives)) >= 1
    assert law in broken()
