"""Ids sort by time and by order of minting, are unique and are canonical UUIDv7."""

import itertools
import os
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laidan.kernel.ids import Mint, parse_id

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
instants = st.integers(0, 230 * 366 * 86_400 * 10**6).map(
    lambda micros: datetime(1971, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)


def _pattern(seed: int):
    """Entropy that repeats itself: equal seeds draw equal bytes."""
    counter = itertools.count(seed)
    return lambda size: bytes(next(counter) * 37 % 256 for _ in range(size))


@given(instants)
def test_an_id_is_a_uuid_of_version_7_with_its_time(now):
    made = Mint(now, os.urandom).new()
    read = uuid.UUID(made)
    assert str(read) == made
    assert (read.version, read.variant) == (7, uuid.RFC_4122)
    at = datetime.fromtimestamp((read.int >> 80) / 1000, UTC)
    assert abs(at - now) <= timedelta(milliseconds=2)


@pytest.mark.parametrize("entropy", [os.urandom, lambda size: b"\0" * size, lambda s: b"\xff" * s])
def test_ids_of_one_mint_sort_as_they_were_minted(entropy):
    mint = Mint(NOON, entropy)
    made = [mint.new() for _ in range(4000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_order_is_kept_where_the_count_carries():
    """A batch of a thousand orders mints many more ids than twelve bits can count."""
    mint = Mint(NOON, os.urandom)
    made = [mint.new() for _ in range(20_000)]
    assert len(set(made)) == len(made)
    assert made == sorted(made)
    assert all(uuid.UUID(one).version == 7 for one in made)


def test_ids_of_a_later_millisecond_come_later():
    early = Mint(NOON, lambda size: b"\xff" * size)
    late = Mint(NOON + timedelta(milliseconds=1), lambda size: b"\0" * size)
    assert max(early.new() for _ in range(300)) < late.new()


def test_two_mints_of_one_instant_do_not_meet():
    one, other = Mint(NOON, os.urandom), Mint(NOON, os.urandom)
    assert not {one.new() for _ in range(3000)} & {other.new() for _ in range(3000)}


def test_equal_entropy_and_instants_mint_equal_ids():
    one, other = Mint(NOON, _pattern(1)), Mint(NOON, _pattern(1))
    assert [one.new() for _ in range(600)] == [other.new() for _ in range(600)]
    assert one.digits(11) == other.digits(11)
    assert Mint(NOON, _pattern(2)).new() != Mint(NOON, _pattern(1)).new()


def test_digits_are_decimal_and_as_many_as_asked():
    for draw in (os.urandom, lambda size: b"\0" * size, lambda size: b"\xff" * size):
        for count in (1, 6, 11, 18):
            drawn = Mint(NOON, draw).digits(count)
            assert len(drawn) == count
            assert drawn.isascii()
            assert drawn.isdigit()


@given(st.uuids())
def test_an_id_is_read_in_every_usual_spelling(given_uuid):
    for text in (str(given_uuid), given_uuid.hex, str(given_uuid).upper(), f" {given_uuid} "):
        assert parse_id(text) == str(given_uuid)


@given(st.text())
def test_other_texts_are_no_ids(text):
    try:
        expected = str(uuid.UUID(text.strip()))
    except ValueError:
        assert parse_id(text) is None
    else:
        # uuid also reads braces and prefixes, which are not taken here.
        assert parse_id(text) in {None, expected}


@pytest.mark.parametrize("text", ["", "x", "{" + "0" * 32 + "}", "0" * 31, "g" * 32, "LD261122"])
def test_what_is_no_id(text):
    assert parse_id(text) is None
