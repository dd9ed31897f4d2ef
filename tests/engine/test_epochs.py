"""Reference data is read once an epoch, and anew in every process once somebody changed it."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from laidan.engine import epochs
from laidan.engine.epochs import Cached
from statements import statements

pytestmark = pytest.mark.django_db


class Source:
    """Values that are loaded from here, and the asked keys."""

    def __init__(self) -> None:
        self.values = {"a": 1, "b": 2}
        self.asked: list[list[str]] = []

    def load(self, keys: list[str]) -> dict[str, int]:
        self.asked.append(sorted(keys))
        return {key: self.values[key] for key in keys if key in self.values}


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def cached(source) -> Iterator[Cached[str, int]]:
    made = Cached("things", source.load)
    yield made
    epochs._caches.remove(made)


def test_what_was_loaded_is_not_loaded_again(source, cached):
    at = epochs.read()
    assert cached.get(["a"], at) == {"a": 1}
    assert cached.get(["a", "b"], at) == {"a": 1, "b": 2}
    assert cached.get(["b", "a"], at) == {"a": 1, "b": 2}
    assert source.asked == [["a"], ["b"]]


def test_what_is_not_there_is_asked_for_again(source, cached):
    """It may come at any time, and by a writer that knows no epoch of a thing that was not."""
    at = epochs.read()
    assert cached.get(["z"], at) == {}
    source.values["z"] = 26
    assert cached.get(["z"], at) == {"z": 26}


def test_a_new_epoch_forgets_everything(source, cached):
    cached.get(["a"], epochs.read())
    source.values["a"] = 10
    assert cached.get(["a"], epochs.read()) == {"a": 1}
    epochs.bump("things")
    assert cached.get(["a"], epochs.read()) == {"a": 10}


def test_the_epoch_of_other_things_changes_nothing(source, cached):
    cached.get(["a"], epochs.read())
    epochs.bump("other things")
    source.values["a"] = 10
    assert cached.get(["a"], epochs.read()) == {"a": 1}


def test_an_epoch_that_was_rolled_back_never_comes_again(source, cached):
    """What was read under it was never committed; another change must not look the same."""
    epochs.bump("things")
    cached.get(["a"], epochs.read())
    with transaction.atomic():
        epochs.bump("things")
        source.values["a"] = 666
        assert cached.get(["a"], epochs.read()) == {"a": 666}
        source.values["a"] = 7
        transaction.set_rollback(True)
    assert cached.get(["a"], epochs.read()) == {"a": 7}
    source.values["a"] = 8
    epochs.bump("things")
    assert cached.get(["a"], epochs.read()) == {"a": 8}


def test_all_epochs_are_one_query():
    for name in ("one", "two", "three"):
        epochs.bump(name)
    with statements() as seen:
        found = epochs.read()
    assert len(seen) == 1
    assert {"one", "two", "three"} <= set(found)


def test_a_cache_that_grew_too_large_starts_anew(source, cached, monkeypatch):
    monkeypatch.setattr(epochs, "ENTRIES_MAX", 1)
    at = epochs.read()
    assert cached.get(["a", "b"], at) == {"a": 1, "b": 2}
    assert cached.get(["a"], at) == {"a": 1}
    assert source.asked == [["a", "b"], ["a"]]


def test_forgetting_on_request(source, cached):
    at = epochs.read()
    cached.get(["a"], at)
    epochs.forget_all()
    cached.get(["a"], at)
    assert source.asked == [["a"], ["a"]]


def test_a_slow_reader_of_the_old_epoch_leaves_nothing_in_the_new_one(source):
    """One thread begins the new epoch while another still fills in what it read of the old."""
    entered, resume = threading.Event(), threading.Event()

    def load(keys: list[str]) -> dict[str, int]:
        loaded = source.load(keys)
        if threading.current_thread() is slow:
            entered.set()
            assert resume.wait(120)
        return loaded

    shared: Cached[str, int] = Cached("things", load)
    slow = threading.Thread(target=lambda: shared.get(["a"], {"things": 1}), daemon=True)
    slow.start()
    assert entered.wait(120)
    source.values["a"] = 10
    assert shared.get(["b"], {"things": 2}) == {"b": 2}
    resume.set()
    slow.join(120)
    epochs._caches.remove(shared)
    assert shared.get(["a"], {"things": 2}) == {"a": 10}


@pytest.mark.django_db(transaction=True)
def test_another_connection_sees_the_epoch_when_it_is_committed():
    seen: list[int] = []

    def look() -> None:
        try:
            seen.append(epochs.read()["things"])
        finally:
            connection.close()

    epochs.bump("things")
    before = epochs.read()["things"]
    if connection.vendor != "sqlite":
        with transaction.atomic():
            epochs.bump("things")
            looking = threading.Thread(target=look)
            looking.start()
            looking.join(120)
        assert seen.pop() == before
    looking = threading.Thread(target=look)
    looking.start()
    looking.join(120)
    assert seen == [epochs.read()["things"]]


def test_what_is_held_is_read_once_and_again_after_a_change():
    with statements() as seen, epochs.held():
        before = epochs.read()
        assert epochs.read() == before
        assert len(seen) == 1
        with transaction.atomic():
            epochs.bump("things")
        assert epochs.read()["things"] != before.get("things")
    with statements() as seen:
        epochs.read()
        epochs.read()
    assert len(seen) == 2
