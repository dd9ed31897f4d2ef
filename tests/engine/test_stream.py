"""Every committed event gets one position; positions have no gap and keep each subject's order."""

import random
import threading
from datetime import timedelta

import pytest
from django.db import connections

from builders import NOON
from laidan.engine import bulk_sql, events, stream
from laidan.engine.models import Event
from laidan.kernel.ids import Mint
from statements import statements

pytestmark = pytest.mark.django_db(transaction=True)
_mint = Mint(NOON, random.Random(7).randbytes)


def some_events(*numbers, subjects=3):
    """Write events (subject number, seq) with ids in the order given."""
    made, names = [], [Mint(NOON, random.Random(n).randbytes).new() for n in range(subjects)]
    for subject, seq in numbers:
        made.append(
            events.chained(
                id=_mint.new(), subject_id=names[subject], subject_kind="order", seq=seq,
                previous_hash=events.NO_HASH, type="order.placed", at=NOON, actor="Li",
                payload=f'{{"n":"{subject}/{seq}"}}',
            )
        )  # fmt: skip
    events.write_events(made)
    return names


def order():
    return [one.payload[6:-2] for one in stream.read_events(0, limit=1000)]


def positions():
    return [one.position for one in stream.read_events(0, limit=1000)]


def test_events_get_positions_by_id_and_by_number_within_a_subject():
    some_events((0, 1), (1, 2), (1, 1), (2, 1), (0, 2))
    assert (stream.head(), order()) == (0, [])
    assert stream.number_events(100, now=NOON) == 5
    assert order() == ["0/1", "1/1", "1/2", "2/1", "0/2"]
    assert (positions(), stream.head()) == ([1, 2, 3, 4, 5], 5)
    assert stream.number_events(100, now=NOON) == 0
    some_events((2, 2))
    assert (stream.number_events(100, now=NOON), order()[5:], stream.head()) == (1, ["2/2"], 6)


def test_an_earlier_event_beyond_the_limit_comes_along():
    some_events((1, 2), (0, 1), (1, 1))
    assert stream.number_events(1, now=NOON) == 2
    assert (order(), stream.oldest_waiting()) == (["1/1", "1/2"], NOON)
    assert stream.number_events(1, now=NOON) == 1
    assert (order(), stream.oldest_waiting()) == (["1/1", "1/2", "0/1"], None)


def test_reading_goes_on_behind_a_position():
    names = some_events(*[(0, seq) for seq in range(1, 8)])
    stream.number_events(100, now=NOON)
    page = stream.read_events(2, limit=3)
    assert [(one.position, one.seq, one.subject_id, one.at) for one in page] == [
        (3, 3, names[0], NOON), (4, 4, names[0], NOON), (5, 5, names[0], NOON),
    ]  # fmt: skip
    assert set(stream.load_events([page[0].id])) == {page[0].id}
    assert stream.read_events(7, limit=3) == []


def test_a_new_reader_begins_at_the_head_and_one_alone_moves_its_cursor():
    some_events((0, 1), (0, 2))
    stream.number_events(100, now=NOON)
    assert stream.cursor_of("broker") is None
    assert [stream.begin("broker"), stream.begin("broker"), stream.cursor_of("broker")] == [2, 2, 2]
    some_events((0, 3))
    stream.number_events(100, now=NOON)
    assert stream.begin("broker") == 2
    assert stream.advance("broker", 2, 3)
    assert not stream.advance("broker", 2, 3)
    assert stream.cursor_of("broker") == 3


def test_statements_do_not_grow_with_the_events():
    some_events((0, 1))
    stream.number_events(1000, now=NOON)
    some_events((0, 2))
    with statements() as few:
        stream.number_events(1000, now=NOON)
    some_events(*[(1, seq) for seq in range(1, 101)])
    with statements() as many:
        stream.number_events(1000, now=NOON + timedelta(seconds=1))
    assert (len(few), stream.head()) == (len(many), 102)


@pytest.mark.races
def test_many_who_number_at_once_give_each_event_one_position():
    some_events(*[(subject, seq) for seq in range(1, 21) for subject in range(10)], subjects=10)

    def work():
        try:
            while stream.number_events(7, now=NOON):
                pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert positions() == list(range(1, 201))
    last: dict[str, int] = {}
    for one in stream.read_events(0, limit=1000):
        assert one.seq == last.get(one.subject_id, 0) + 1
        last[one.subject_id] = one.seq
    assert bulk_sql.rows("SELECT COUNT(*) FROM event WHERE position IS NULL")[0][0] == 0
    assert Event.objects.count() == 200
