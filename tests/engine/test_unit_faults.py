"""A fault of one request stands alone: it is halved out, its neighbours are committed."""

from collections.abc import Sequence

import pytest
from django.db import IntegrityError

from engine.writes import Write, write_all, written
from laidan.engine import unit
from laidan.engine.unit import BusyError, run_batch, run_once
from laidan.kernel.outcome import Done, Outcome, Refused

pytestmark = pytest.mark.django_db(transaction=True)


def faulting_at(*names: str, fault: type[Exception] = RuntimeError):
    """An attempt that writes and then faults where one of these is in the batch."""
    sizes: list[int] = []

    def attempt(batch: Sequence[Write]) -> list[Outcome[str]]:
        sizes.append(len(batch))
        outcomes = write_all(batch)
        if any(one.name in names for one in batch):
            raise fault("boom")
        return outcomes

    return attempt, sizes


@pytest.mark.parametrize("culprit", [0, 31, 32, 63])
def test_a_faulting_request_among_64_leaves_63_committed(culprit):
    batch = [Write(f"r{n:02}") for n in range(64)]
    attempt, sizes = faulting_at(f"r{culprit:02}")
    outcomes = run_batch(batch, attempt)
    refused = outcomes[culprit]
    assert isinstance(refused, Refused)
    assert (refused.code, refused.status) == ("internal-fault", 500)
    assert "RuntimeError" in refused.detail
    assert "boom" not in refused.detail
    assert [o for o in outcomes if isinstance(o, Done)] == [
        Done(one.name) for n, one in enumerate(batch) if n != culprit
    ]
    assert written() == [one.name for n, one in enumerate(batch) if n != culprit]
    # Halving finds one among 64 in six steps.
    assert len(sizes) == 1 + 2 * 6


def test_several_faulting_requests_each_stand_alone():
    batch = [Write(f"r{n}") for n in range(8)]
    attempt, _ = faulting_at("r0", "r3", "r7")
    outcomes = run_batch(batch, attempt)
    assert [isinstance(outcome, Refused) for outcome in outcomes] == [
        n in {0, 3, 7} for n in range(8)
    ]
    assert written() == ["r1", "r2", "r4", "r5", "r6"]


def test_a_batch_that_faults_throughout_is_refused_throughout():
    attempt, _ = faulting_at("a", "b", "c")
    outcomes = run_batch([Write("a"), Write("b"), Write("c")], attempt)
    assert all(isinstance(outcome, Refused) for outcome in outcomes)
    assert written() == []


def test_a_broken_constraint_is_a_fault_after_all(monkeypatch):
    """It looks like a lost race, so it is tried again, but not for ever."""
    monkeypatch.setattr(unit, "TRIES_MAX", 2)
    attempt, sizes = faulting_at("b", fault=IntegrityError)
    outcomes = run_batch([Write("a"), Write("b")], attempt)
    assert outcomes[0] == Done("a")
    assert isinstance(outcomes[1], Refused)
    assert sizes == [2, 2, 1, 1, 1]
    assert written() == ["a"]


def test_linked_requests_share_the_fault():
    batch = [Write("a"), Write("b", "x"), Write("c", "x"), Write("d", "y"), Write("e", "x")]
    attempt, _ = faulting_at("c")
    outcomes = run_batch(batch, attempt)
    assert [isinstance(outcome, Refused) for outcome in outcomes] == [
        False, True, True, False, False,
    ]  # fmt: skip
    assert written() == ["a", "d", "e"]


def test_a_half_that_stays_busy_speaks_for_itself(monkeypatch):
    """The other half is committed already: telling all that nothing was done would be untrue."""

    def attempt(batch: Sequence[Write]) -> list[Outcome[str]]:
        if len(batch) == 2:
            raise RuntimeError
        if batch[0].name == "b":
            raise BusyError
        return write_all(batch)

    done, busy = run_batch([Write("a"), Write("b")], attempt)
    assert done == Done("a")
    assert isinstance(busy, Refused)
    assert (busy.code, busy.status) == ("busy", 503)
    assert written() == ["a"]


def test_an_empty_batch_is_no_transaction():
    def attempt(batch: Sequence[Write]) -> list[Outcome[str]]:
        raise AssertionError

    assert run_batch([], attempt) == []


def test_work_that_answers_for_itself():
    assert run_once(lambda: write_all([Write("a")])) == [Done("a")]
    with pytest.raises(ZeroDivisionError):
        run_once(lambda: [write_all([Write("b")]), 1 / 0])
    assert written() == ["a"]


def test_a_transaction_is_not_opened_inside_another():
    """Whoever is told "done" inside could be rolled back outside."""
    with pytest.raises(RuntimeError, match="durable"):
        run_once(lambda: run_once(lambda: None))
