"""Schedules come due rightly on clocks that change and clocks that jump."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from laidan.domain.schedules import core, cron

BERLIN, SHANGHAI = "Europe/Berlin", "Asia/Shanghai"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_times_are_those_of_the_zones_clocks():
    found = cron.next_times("30 8 * * 1-5", SHANGHAI, at("2026-11-20T12:00:00+08:00"), 2)
    assert found == [at("2026-11-23T08:30:00+08:00"), at("2026-11-24T08:30:00+08:00")]


def test_a_time_that_spring_skips_comes_right_after_the_gap_and_once():
    found = cron.next_times("30 2 * * *", BERLIN, at("2026-03-28T12:00:00+01:00"), 2)
    assert found == [at("2026-03-29T03:00:00+02:00"), at("2026-03-30T02:30:00+02:00")]


def test_a_time_that_autumn_shows_twice_comes_once():
    first = at("2026-10-25T02:30:00+02:00")
    assert cron.next_times("30 2 * * *", BERLIN, at("2026-10-25T00:00:00+02:00"), 2) == [
        first, at("2026-10-26T02:30:00+01:00")
    ]  # fmt: skip
    # Looked at from between the two: the second is not another one.
    for minutes in (1, 31, 59, 61):
        assert cron.next_times("30 2 * * *", BERLIN, first + timedelta(minutes=minutes), 1) == [
            at("2026-10-26T02:30:00+01:00")
        ]


def test_what_comes_at_intervals_keeps_its_rhythm_through_both_changes():
    for night in ("2026-03-29T00:00:00+01:00", "2026-10-25T00:00:00+02:00"):
        found = cron.next_times("*/20 * * * *", BERLIN, at(night), 30)
        assert {later - sooner for sooner, later in itertools.pairwise(found)} == {
            timedelta(minutes=20)
        }


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "needs five parts: minute, hour, day, month, weekday"),
        ("0 0 * * * *", "needs five parts: minute, hour, day, month, weekday"),
        ("61 * * * *", "cannot be read: minute"),
        ("0 25 * * *", "cannot be read: hour"),
        ("0 0 30 2 *", "cannot be read: day-of-month"),
        ("0 0 * * funday", "cannot be read: day-of-week"),
        ("0 0 * * " + "1," * 60 + "1", "has at most 120 characters"),
    ],
)
def test_what_cannot_be_used_is_said(text, fault):
    with pytest.raises(cron.CronFault) as found:
        cron.check_cron(text)
    assert str(found.value) == fault


def test_late_is_who_has_not_succeeded_in_two_intervals_and_two_minutes():
    now = at("2026-11-23T10:00:00+08:00")
    late = core.late_at(cron.next_times("0 * * * *", SHANGHAI, now, 2))
    assert late == at("2026-11-23T12:02:00+08:00")
    assert core.is_late(late, late, is_paused=False)
    assert not core.is_late(late, late, is_paused=True)
    assert not core.is_late(late, late - timedelta(seconds=1), is_paused=False)
    assert not core.is_late(None, now, is_paused=False)


def test_retries_wait_longer_up_to_an_hour():
    now = at("2026-11-23T10:00:00+08:00")
    waits = [(core.retry_at(tries, now) - now).total_seconds() / 60 for tries in range(1, 9)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
