"""The kill loop: clients that insist on an answer, and somebody who keeps killing the server."""

import http.client
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from laidan.interfaces.cli.benchmark.client import Client
from laidan.interfaces.cli.benchmark.server import HOST, Server

AGAIN = frozenset({429, 502, 503, 504})
PAUSE_SECONDS = 0.02
DRAIN_SECONDS = 300.0


@dataclass(frozen=True)
class Ack:
    """An order that a client was told of: under which external number, and which order."""

    external_no: str
    order_id: str
    order_no: str
    status: int
    tries: int


@dataclass
class Story:
    """What the clients saw: every acknowledgement, and every answer that should not have come."""

    acks: list[Ack] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    kills: int = 0

    @property
    def tries(self) -> int:
        """How many requests were sent in all."""
        return sum(ack.tries for ack in self.acks)

    def numbers(self) -> list[str]:
        """The external numbers acknowledged, sorted."""
        return sorted(ack.external_no for ack in self.acks)


class Insisting(threading.Thread):
    """A client that sends each order until it is acknowledged, then the next."""

    def __init__(
        self, client: Client, name: str, story: Story, body: Callable[[str], dict[str, Any]]
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._client = client
        self._story = story
        self._body = body
        self._ends = threading.Event()

    def end(self) -> None:
        """Finish the order in hand, and begin no other."""
        self._ends.set()

    def run(self) -> None:
        turn = 0
        while not self._ends.is_set():
            turn += 1
            external_no = f"{self.name}-{turn}"
            self._place(external_no, self._body(external_no))
        self._client.close()

    def _place(self, external_no: str, body: dict[str, Any]) -> None:
        tries = 0
        while True:
            tries += 1
            try:
                answer = self._client.post("/orders", body, once=external_no)
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(PAUSE_SECONDS)
                continue
            if answer.status in AGAIN:
                time.sleep(PAUSE_SECONDS)
                continue
            if answer.status in {200, 201}:
                told = answer.body
                ack = Ack(external_no, told["id"], told["order_no"], answer.status, tries)
                self._story.acks.append(ack)
            else:
                self._story.surprises.append(f"{external_no}: {answer.status} {answer.body}")
            return


def kill_under_load(
    servers: Sequence[Server],
    body: Callable[[str], dict[str, Any]],
    kill: Callable[[int], None],
    *,
    key: str,
    kills: int = 20,
    clients: int = 32,
) -> Story:
    """Load running servers, and `kill` (which also starts again) so often at random instants.

    Every client ends only with an acknowledgement, so afterwards the orders in the database must be
    exactly those in the story.
    """
    story = Story()
    run = f"k{time.time_ns():x}"
    crowd = [
        Insisting(
            Client(HOST, servers[n % len(servers)].port, key, timeout=60), f"{run}-{n}", story, body
        )
        for n in range(clients)
    ]
    for client in crowd:
        client.start()
    try:
        for number in range(kills):
            _await_progress(story)
            # The instant of the kill is random on purpose, so this is a wait for no condition.
            time.sleep(random.uniform(0.1, 0.8))
            kill(number)
            story.kills += 1
        _await_progress(story)
    finally:
        for client in crowd:
            client.end()
    for client in crowd:
        client.join(DRAIN_SECONDS)
    assert not any(client.is_alive() for client in crowd), "a client never got an answer"
    return story


def _await_progress(story: Story) -> None:
    """Wait until orders are acknowledged again."""
    known, deadline = len(story.acks), time.monotonic() + DRAIN_SECONDS
    while len(story.acks) < known + 10:
        assert time.monotonic() < deadline, "no order is acknowledged any more"
        assert not story.surprises, story.surprises[:3]
        time.sleep(0.01)
