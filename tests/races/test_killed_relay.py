"""Every event reaches the broker and the webhooks, in order of its subject, whoever is killed."""

import os
import subprocess

import pytest

from brokers import Proxy, Reader, a_broker, eventually
from laidan.interfaces.cli.benchmark.scratch import Installation, new_installation
from laidan.interfaces.cli.benchmark.server import laidan_command
from races.databases import own_database, rows
from receivers import Receiver

pytestmark = [pytest.mark.races, pytest.mark.slow, pytest.mark.one_engine]
ORDERS = 120
KILLS = 2


class Worker:
    """`laidan worker` with a broker, which can be killed."""

    def __init__(self, place: Installation, broker: str, prefix: str) -> None:
        self._environment = os.environ | place.environment | {
            "LAIDAN_BROKER_URL": broker, "LAIDAN_BROKER_PREFIX": prefix,
            "LAIDAN_WEBHOOK_ALLOW_PRIVATE": "yes",
        }  # fmt: skip
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._child = subprocess.Popen(
            laidan_command("worker"), env=self._environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()


def in_order(found: list[tuple[str, int]]) -> bool:
    """Say whether the first of each event comes behind those before it in its subject."""
    last: dict[str, int] = {}
    for subject, seq in dict.fromkeys(found):
        if seq != last.get(subject, 0) + 1:
            return False
        last[subject] = seq
    return True


def test_a_killed_worker_and_a_broken_line_lose_nothing(engine_name, monkeypatch) -> None:
    # A receiver that hangs up on some, so that events are sent again and others wait for them.
    answers = {0: "close", 3: "cut", 5: (500, b"no")}
    receiver = Receiver(lambda number, event: answers.get(number, (200, b"")))
    proxy = Proxy()
    with a_broker() as prefix, own_database(engine_name) as url, new_installation(url) as place:
        monkeypatch.setenv("LAIDAN_WEBHOOK_ALLOW_PRIVATE", "yes")
        reader, worker = Reader(prefix), Worker(place, proxy.url, prefix)
        place.must_run("bench", "seed", "--skus", "100")
        fill = ("bench", "fill", "--orders", str(ORDERS))
        place.must_run(*fill, "--webhook", receiver.url)
        try:
            for kill in range(KILLS):
                worker.start()
                before = len(reader.read())
                place.must_run(*fill)
                eventually(lambda n=before: len(reader.read()) > n, "nothing was relayed")
                if kill == 1:
                    proxy.cut()
                    place.must_run(*fill)
                    proxy.mend()
                worker.kill()
            [(events,)] = rows(url, "SELECT COUNT(*) FROM event WHERE subject_kind = 'order'")
            assert events == ORDERS * (KILLS + 2)
            worker.start()
            told = lambda: {one.message_id for one in reader.read()}  # noqa: E731 - read twice
            eventually(lambda: len(told()) >= events, "the broker lacks events")
            eventually(
                lambda: len({one["id"] for one in receiver.taken}) >= events, "the webhook lacks"
            )
        finally:
            worker.kill()
            reader.close()
            proxy.cut()
            receiver.close()
        assert in_order([(one.headers["subject"], one.headers["seq"]) for one in reader.got])
        assert in_order([(one["subject"]["id"], one["seq"]) for one in receiver.taken])
        assert place.run("check").returncode == 0
