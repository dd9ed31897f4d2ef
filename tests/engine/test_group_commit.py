"""Group commit: whoever asks at once travels together, everybody is answered once."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from laidan.engine import spare_time
from laidan.engine.group_commit import GroupCommit, OverloadedError
from laidan.kernel.outcome import Done, Refused

PATIENCE = 120.0


class Counter:
    """A command that notes its batches; it can be made to wait inside."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.threads: set[threading.Thread] = set()
        self.inside = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.go_on.set()

    def requests(self) -> list[int]:
        return [request for batch in self.batches for request in batch]

    def __call__(self, batch: Sequence[int]) -> list[Any]:
        self.batches.append(list(batch))
        self.threads.add(threading.current_thread())
        self.inside.release()
        assert self.go_on.wait(PATIENCE)
        return [Refused("odd", "odd") if request % 2 else Done(request) for request in batch]


@pytest.fixture
def command() -> Counter:
    return Counter()


class Answers:
    """Answers as they arrive, by request."""

    def __init__(self) -> None:
        self.all: dict[int, list[Any]] = {}
        self._changed = threading.Condition()

    def of(self, request: int) -> Callable[[Any], None]:
        def answer(outcome: Any) -> None:
            with self._changed:
                self.all.setdefault(request, []).append(outcome)
                self._changed.notify_all()

        return answer

    def wait_for(self, count: int) -> None:
        with self._changed:
            done = self._changed.wait_for(
                lambda: sum(map(len, self.all.values())) >= count, PATIENCE
            )
        assert done, f"only {len(self.all)} of {count} were answered"


def test_a_lone_request_is_answered(command):
    queue = GroupCommit(command)
    assert queue.call(2) == Done(2)
    assert queue.call(3) == Refused("odd", "odd")
    assert command.batches == [[2], [3]]


def test_while_one_batch_commits_the_next_gathers(command):
    queue, answers = GroupCommit(command), Answers()
    command.go_on.clear()
    queue.submit(0, answers.of(0))
    assert command.inside.acquire(timeout=PATIENCE)
    for request in range(1, 101):
        queue.submit(request, answers.of(request))
    command.go_on.set()
    answers.wait_for(101)
    assert command.batches == [[0], list(range(1, 101))]
    assert len(command.threads) == 1


def test_a_batch_has_a_largest_size(command):
    queue, answers = GroupCommit(command, batch_max=7), Answers()
    command.go_on.clear()
    queue.submit(0, answers.of(0))
    assert command.inside.acquire(timeout=PATIENCE)
    for request in range(1, 21):
        queue.submit(request, answers.of(request))
    command.go_on.set()
    answers.wait_for(21)
    assert [len(batch) for batch in command.batches] == [1, 7, 7, 6]
    assert command.requests() == list(range(21))


def test_every_caller_of_a_crowd_gets_its_own_answer(command):
    queue = GroupCommit(command, batch_max=16)
    got: dict[int, Any] = {}
    gate = threading.Barrier(50)

    def caller(number: int) -> None:
        gate.wait(PATIENCE)
        for turn in range(20):
            request = number * 20 + turn
            got[request] = queue.call(request)

    threads = [threading.Thread(target=caller, args=(n,), daemon=True) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(got) == 1000
    assert all(
        outcome == (Refused("odd", "odd") if request % 2 else Done(request))
        for request, outcome in got.items()
    )
    assert sorted(command.requests()) == list(range(1000))
    assert len(command.threads) == 1


def test_a_full_queue_turns_away_before_any_work(command):
    queue, answers = GroupCommit(command, queue_max=5), Answers()
    command.go_on.clear()
    queue.submit(0, answers.of(0))
    assert command.inside.acquire(timeout=PATIENCE)
    for request in range(1, 6):
        queue.submit(request, answers.of(request))
    with pytest.raises(OverloadedError):
        queue.submit(99, answers.of(99))
    with pytest.raises(OverloadedError):
        queue.submit_many([(98, answers.of(98)), (97, answers.of(97))])
    command.go_on.set()
    answers.wait_for(6)
    assert queue.call(100) == Done(100)
    assert not {99, 98, 97} & set(command.requests())
    assert set(answers.all) == set(range(6))


def test_what_comes_together_waits_together_or_not_at_all(command):
    queue = GroupCommit(command, queue_max=5)
    assert queue.call_many([2, 3, 4]) == [Done(2), Refused("odd", "odd"), Done(4)]
    # An empty queue takes what is larger than itself: it could otherwise never be done.
    assert queue.call_many(list(range(0, 40, 2))) == [Done(n) for n in range(0, 40, 2)]


def test_a_fault_of_the_command_is_told_to_everybody_in_its_batch():
    calls: list[list[int]] = []

    def command(batch: Sequence[int]) -> list[Any]:
        calls.append(list(batch))
        if 13 in batch:
            raise RuntimeError("boom")
        return [Done(request) for request in batch]

    queue = GroupCommit(command)
    outcomes = queue.call_many([12, 13, 14])
    assert len({id(outcome) for outcome in outcomes}) == 1
    assert isinstance(outcomes[0], RuntimeError)
    with pytest.raises(RuntimeError, match="boom"):
        queue.call(13)
    assert queue.call(15) == Done(15)


def test_a_command_that_loses_count_is_a_fault():
    queue: GroupCommit[int, int] = GroupCommit(lambda batch: [Done(1)] * (len(batch) + 1))
    with pytest.raises(RuntimeError, match="lost count"):
        queue.call(1)


@pytest.mark.parametrize("fault", [RuntimeError("gone"), SystemExit(1)])
def test_an_answer_that_cannot_be_delivered_kills_nobody(command, fault):
    """The leader answers from its own thread: a caller's fault must stop neither it nor others."""
    queue, answers = GroupCommit(command), Answers()

    def gone(_: Any) -> None:
        raise fault

    command.go_on.clear()
    queue.submit(0, answers.of(0))
    assert command.inside.acquire(timeout=PATIENCE)
    queue.submit(2, gone)
    queue.submit(4, answers.of(4))
    command.go_on.set()
    answers.wait_for(2)
    assert queue.call(6) == Done(6)
    assert len(command.threads) == 1


def test_a_caller_that_stopped_waiting_harms_nobody(command):
    queue, answers = GroupCommit(command), Answers()
    command.go_on.clear()
    queue.submit(0, answers.of(0))
    assert command.inside.acquire(timeout=PATIENCE)
    waiting = threading.Thread(target=lambda: queue.call(2), daemon=True)
    waiting.start()
    queue.submit(4, answers.of(4))
    command.go_on.set()
    answers.wait_for(2)
    waiting.join(PATIENCE)
    assert sorted(command.requests()) == [0, 2, 4]


def test_nobody_is_forgotten_when_the_leader_falls_asleep(command):
    """Requests that come one by one meet the leader just as it goes to sleep, again and again."""
    queue = GroupCommit(command)
    for request in range(0, 4000, 2):
        assert queue.call(request) == Done(request)
    assert len(command.threads) == 1


def test_waiting_requests_are_prepared_once_while_the_leader_has_time():
    """A request is prepared once at most, and one that cannot be is committed as it came."""
    prepared: list[int] = []
    inside, go_on = threading.Semaphore(0), threading.Event()
    batches: list[list[int]] = []

    def prepare(request: int) -> int:
        prepared.append(request)
        if request == 3:
            raise ZeroDivisionError
        return request + 100

    def command(batch: Sequence[int]) -> list[Any]:
        batches.append(list(batch))
        inside.release()
        assert go_on.wait(PATIENCE)
        while spare_time.spend():
            pass
        return [Done(request) for request in batch]

    queue: GroupCommit[int, int] = GroupCommit(command, batch_max=3, prepare=prepare)
    answers = Answers()
    queue.submit(1, answers.of(1))
    assert inside.acquire(timeout=PATIENCE)
    for request in (2, 3, 4, 5):
        queue.submit(request, answers.of(request))
    go_on.set()
    answers.wait_for(5)
    assert batches == [[1], [102, 3, 104], [105]]
    assert prepared == [2, 3, 4, 5]
    assert answers.all == {
        1: [Done(1)],
        2: [Done(102)],
        3: [Done(3)],
        4: [Done(104)],
        5: [Done(105)],
    }
