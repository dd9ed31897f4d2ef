"""One key, one answer: kept with the effect, given again to the same request, refused to others."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from django.db import IntegrityError, transaction

from builders import NOON, a_mint
from laidan.engine import idempotency
from laidan.engine.idempotency import Codec, Once, Stored, answer_once
from laidan.engine.models import IdempotencyKey
from laidan.kernel.outcome import Done, Outcome, Refused
from statements import statements

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Request:
    """A request that names what it wants; "no" is refused."""

    wish: str
    once: Once | None = None


def once(key: str, content: str = "", scope: str = "api") -> Once:
    return Once(scope, key, idempotency.fingerprint(content.encode()))


class Command:
    """A command that notes what it was asked to do."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def __call__(self, batch: Sequence[Request]) -> list[Outcome[str]]:
        self.done += [one.wish for one in batch]
        return [
            Refused("no", "no") if one.wish == "no" else Done(f"{one.wish} done") for one in batch
        ]


@pytest.fixture
def command() -> Command:
    return Command()


CODEC: Codec[str] = Codec(
    encode=lambda value: (None, value),
    decode=lambda stored: [f"{one.answer}" for one in stored],
)


def ask(command: Command, *batch: Request) -> list[Outcome[str]]:
    with transaction.atomic():
        return answer_once(batch, command, CODEC, now=NOON, mint=a_mint())


def kept() -> list[tuple[str, str, str]]:
    return list(IdempotencyKey.objects.order_by("name").values_list("scope", "name", "answer"))


def test_the_same_key_is_answered_again_and_nothing_is_done(command):
    assert ask(command, Request("tea", once("k"))) == [Done("tea done")]
    assert ask(command, Request("tea", once("k"))) == [Done("tea done", replayed=True)]
    assert command.done == ["tea"]
    assert kept() == [("api", "k", "tea done")]


def test_without_a_key_everything_is_done_again_without_a_query(command):
    with statements() as seen:
        assert ask(command, Request("tea")) == [Done("tea done")]
    assert seen == []
    assert ask(command, Request("tea")) == [Done("tea done")]
    assert command.done == ["tea", "tea"]
    assert kept() == []


def test_another_request_under_the_key_is_a_conflict(command):
    ask(command, Request("tea", once("k", "tea")))
    (outcome,) = ask(command, Request("pot", once("k", "pot")))
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.status) == ("idempotency-conflict", 422)
    assert "'k'" in outcome.detail
    assert command.done == ["tea"]
    assert ask(command, Request("tea", once("k", "tea"))) == [Done("tea done", replayed=True)]


def test_scopes_do_not_meet(command):
    """Two callers may choose the same key."""
    assert ask(
        command, Request("tea", once("k", scope="one")), Request("pot", once("k", scope="other"))
    ) == [Done("tea done"), Done("pot done")]
    assert len(kept()) == 2


def test_the_same_key_twice_in_a_batch_is_one_request(command):
    outcomes = ask(command, Request("tea", once("k")), Request("cup"), Request("tea", once("k")))
    assert outcomes == [Done("tea done"), Done("cup done"), Done("tea done", replayed=True)]
    assert command.done == ["tea", "cup"]
    assert len(kept()) == 1


def test_a_conflict_inside_a_batch_is_told_from_its_neighbours(command):
    first, conflict, other = ask(
        command,
        Request("tea", once("k", "tea")),
        Request("pot", once("k", "pot")),
        Request("cup", once("l", "cup")),
    )
    assert (first, other) == (Done("tea done"), Done("cup done"))
    assert isinstance(conflict, Refused)
    assert command.done == ["tea", "cup"]


def test_a_refusal_is_not_kept(command):
    assert ask(command, Request("no", once("k"))) == [Refused("no", "no")]
    assert kept() == []
    assert ask(command, Request("tea", once("k", "other"))) == [Done("tea done")]


def test_a_refused_request_twice_in_a_batch_is_refused_twice(command):
    outcomes = ask(command, Request("no", once("k")), Request("no", once("k")))
    assert outcomes == [Refused("no", "no")] * 2
    assert command.done == ["no"]


def test_known_and_new_keys_come_back_in_the_order_asked(command):
    ask(command, Request("a", once("1")), Request("c", once("3")))
    outcomes = ask(command, *[Request(w, once(k)) for w, k in zip("abcd", "1234", strict=True)])
    assert outcomes == [
        Done("a done", replayed=True),
        Done("b done"),
        Done("c done", replayed=True),
        Done("d done"),
    ]
    assert command.done == ["a", "c", "b", "d"]


def test_a_batch_of_known_keys_does_nothing_at_all(command):
    batch = [Request(wish, once(wish)) for wish in "abc"]
    ask(command, *batch)
    command.done.clear()
    assert all(outcome.replayed for outcome in ask(command, *batch))
    assert command.done == []


@pytest.mark.parametrize("count", [1, 100])
def test_two_statements_for_any_number_of_keys(command, count):
    batch = [Request(str(n), once(f"k{n}")) for n in range(count)]
    with statements() as seen:
        ask(command, *batch)
    assert len(seen) == 2
    with statements() as seen:
        ask(command, *batch)
    assert len(seen) == 1


@pytest.mark.parametrize(
    "key", ["", " ", "Key", "key", "key ", "'", '"', "\\", "a,b", "{}", "王", "😀", "%s", "x" * 255]
)
def test_a_key_is_any_text(command, key):
    ask(command, Request("tea", once("key-of-somebody-else")))
    assert ask(command, Request("tea", once(key))) == [Done("tea done")]
    assert ask(command, Request("tea", once(key))) == [Done("tea done", replayed=True)]


def test_keys_that_look_alike_are_different_keys(command):
    alike = ["key", "KEY", "key ", "kéy"]
    outcomes = ask(command, *[Request(key, once(key, key)) for key in alike])
    assert outcomes == [Done(f"{key} done") for key in alike]


def test_an_effect_that_is_rolled_back_takes_its_answer_along(command):
    with transaction.atomic():
        answer_once([Request("tea", once("k"))], command, CODEC, now=NOON, mint=a_mint())
        transaction.set_rollback(True)
    assert kept() == []
    assert ask(command, Request("tea", once("k"))) == [Done("tea done")]


def test_a_rival_with_the_same_key_is_a_lost_race(command):
    def rivalled(batch: Sequence[Request]) -> list[Outcome[str]]:
        IdempotencyKey(
            id=a_mint().new(), scope="api", name="k", fingerprint="x", created_at=NOON
        ).save(force_insert=True)
        return command(batch)

    with pytest.raises(IntegrityError), transaction.atomic():
        answer_once([Request("tea", once("k"))], rivalled, CODEC, now=NOON, mint=a_mint())


def test_parts_of_a_batch_under_one_key():
    whole = once("k")
    assert whole.part(0) != whole.part(1)
    assert whole.part(7) == Once("api", "k#7", whole.fingerprint)


def test_a_fingerprint_keeps_its_parts_apart():
    one = idempotency.fingerprint(b"ab", b"c")
    assert one != idempotency.fingerprint(b"a", b"bc")
    assert one != idempotency.fingerprint(b"abc")
    assert one == idempotency.fingerprint(b"ab", b"c")


def test_a_batch_looks_for_conflicts_before_it_begins(command):
    ask(command, Request("tea", once("k#0", "batch")))
    assert idempotency.conflict([once("k#0", "batch"), once("k#1", "batch")]) is None
    refused = idempotency.conflict([once("k#1", "other"), once("k#0", "other")])
    assert refused is not None
    assert refused.code == "idempotency-conflict"
    assert "'k'" in refused.detail
    assert idempotency.conflict([]) is None


def test_stored_answers_are_decoded_together():
    """One event query for a whole batch of replays, not one each."""
    calls: list[int] = []

    def decode(stored: Sequence[Stored]) -> list[str]:
        calls.append(len(stored))
        return [one.answer or "" for one in stored]

    codec: Codec[str] = Codec(encode=lambda value: (None, value), decode=decode)
    batch = [Request(wish, once(wish)) for wish in "abc"]
    for _ in range(2):
        answer_once(batch, Command(), codec, now=NOON, mint=a_mint())
    assert calls == [3]
