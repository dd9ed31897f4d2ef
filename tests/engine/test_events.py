"""Events form a chain: whatever is changed in one afterwards, its hash tells."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON, a_mint
from laidan.engine import events
from laidan.engine.events import NO_HASH, NewEvent, chained, event_hash
from statements import statements

SUBJECT = "01a20169-2e01-7000-8d32-6c9aa120c3b0"
FIELDS = {
    "previous_hash": NO_HASH,
    "subject_id": SUBJECT,
    "seq": 1,
    "type_": "order.placed",
    "at": NOON,
    "actor": "Li",
    "payload": '{"total":"64.00"}',
}


def an_event(seq: int = 1, previous: str = NO_HASH, **others: Any) -> NewEvent:
    values = {
        "subject_id": SUBJECT, "subject_kind": "order", "type": "order.placed", "at": NOON,
        "actor": "Li", "payload": '{"total":"64.00"}',
    } | others  # fmt: skip
    return chained(id=a_mint().new(), seq=seq, previous_hash=previous, **values)


def test_equal_content_has_an_equal_hash():
    assert event_hash(**FIELDS) == event_hash(**FIELDS)
    assert len(event_hash(**FIELDS)) == 64


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("previous_hash", "1" + NO_HASH[1:]),
        ("subject_id", SUBJECT[:-1] + ("0" if SUBJECT[-1] != "0" else "1")),
        ("seq", 2),
        ("type_", "order.place"),
        ("at", NOON + timedelta(microseconds=1)),
        ("actor", "li"),
        ("payload", '{"total":"64.01"}'),
        ("payload", '{"total":"64.00"} '),
    ],
)
def test_every_field_is_in_the_hash(field, value):
    assert event_hash(**FIELDS | {field: value}) != event_hash(**FIELDS)


@given(st.text(min_size=1, max_size=60), st.data())
def test_one_changed_character_is_told(payload, data):
    at = data.draw(st.integers(0, len(payload) - 1))
    put = data.draw(st.characters(exclude_categories=["Cs"]).filter(lambda c: c != payload[at]))
    changed = payload[:at] + put + payload[at + 1 :]
    assert event_hash(**FIELDS | {"payload": changed}) != event_hash(
        **FIELDS | {"payload": payload}
    )


@given(st.integers(0, 10**17), st.integers(1, 3))
def test_one_microsecond_is_told(micros, more):
    at = NOON - timedelta(days=20_000) + timedelta(microseconds=micros)
    later = at + timedelta(microseconds=more)
    assert event_hash(**FIELDS | {"at": at}) != event_hash(**FIELDS | {"at": later})


def test_the_zone_of_an_instant_does_not_matter():
    from zoneinfo import ZoneInfo

    shanghai = NOON.astimezone(ZoneInfo("Asia/Shanghai"))
    assert event_hash(**FIELDS | {"at": shanghai}) == event_hash(**FIELDS)


def test_what_is_sealed_may_be_shredded():
    assert an_event(sealed="k1.x").hash == an_event(sealed=None).hash


def test_the_chain_holds_every_earlier_event():
    first = an_event()
    second = an_event(2, first.hash)
    forged = an_event(payload='{"total":"1.00"}')
    assert an_event(2, forged.hash).hash != second.hash


@pytest.mark.django_db
def test_events_are_written_and_read_back():
    first = an_event(payload='{"name":"\\"王\\n😀"}', sealed="k1.x")
    second = an_event(2, first.hash)
    with statements() as seen:
        events.write_events([first, second])
    assert len(seen) == 1
    with statements() as seen:
        found = events.load_events({(SUBJECT, 1), (SUBJECT, 2), (SUBJECT, 3)})
    assert len(seen) == 1
    assert found == {
        (SUBJECT, 1): (first.payload, "k1.x"),
        (SUBJECT, 2): (second.payload, None),
    }


@pytest.mark.django_db
def test_a_number_that_is_taken_is_a_lost_race():
    events.write_events([an_event()])
    with pytest.raises(IntegrityError), transaction.atomic():
        events.write_events([an_event(actor="Wang")])
    assert len(events.load_events({(SUBJECT, 1)})) == 1
