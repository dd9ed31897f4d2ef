"""The load generators send what they say, and their counts and meters are true."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from laidan.interfaces.cli.benchmark import figures, meters
from laidan.interfaces.cli.benchmark.generator import run_python
from laidan.interfaces.cli.benchmark.load import Answers, Load, Pace, run_wrk

KEY = "key-of-the-stub"
# Loads end by their counts, however slow the machine is; this is when they are given up.
PATIENCE = 300
Send = Callable[[Load, Pace], Answers]


class Stub(ThreadingHTTPServer):
    """Takes orders by the book: one answer a key, and only `stock` of them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taker)
        self.daemon_threads = True
        self.stock = 10**9
        self.lock = threading.Lock()
        self.orders: dict[str, bytes] = {}
        self.statuses: Counter[int] = Counter()
        self.faults: list[str] = []

    def handle_error(self, *_: Any) -> None:
        """Let generators hang up when their time is over."""

    def take(self, key: str, authorization: str, body: bytes) -> int:
        """Answer one order with its status."""
        with self.lock:
            if authorization != f"Bearer {KEY}":
                self.faults.append(f"authorization was {authorization}")
            if key in self.orders:
                if self.orders[key] != body:
                    self.faults.append(f"{key} came again with another body")
                status = 200
            elif self.stock > 0:
                self.stock -= 1
                self.orders[key] = body
                status = 201
            else:
                status = 409
            self.statuses[status] += 1
            return status


class Taker(BaseHTTPRequestHandler):
    """Speaks HTTP for the stub."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Stub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.path == "/api/v1/orders"
        key = self.headers["Idempotency-Key"]
        status = self.server.take(key, self.headers["Authorization"], body)
        self.wfile.write(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\n{}" % status)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def stub() -> Iterator[Stub]:
    """A running stub."""
    with Stub() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(params=["python", "wrk"])
def send(request: pytest.FixtureRequest) -> Send:
    """Each generator in turn."""
    if request.param == "wrk" and shutil.which("wrk") is None:
        pytest.skip("the program wrk is not installed")
    return run_wrk if request.param == "wrk" else run_python


def load_for(stub: Stub, mix: str) -> Load:
    return Load("127.0.0.1", stub.server_port, KEY, run="run", mix=mix, skus=100, drop_sku="LAST")


def skus_of(stub: Stub) -> list[list[str]]:
    return [[line["sku"] for line in json.loads(body)["lines"]] for body in stub.orders.values()]


@pytest.mark.parametrize("mix", ["spread", "hot"])
def test_each_order_is_new_and_has_five_lines(stub: Stub, send: Send, mix: str) -> None:
    answers = send(load_for(stub, mix), Pace(connections=4, seconds=PATIENCE, count=200))
    assert stub.faults == []
    assert 200 <= answers.requests <= 204
    # wrk hangs up at the end, so up to one order a connection is taken without being counted.
    assert 0 <= len(stub.orders) - answers.requests <= 4
    assert (answers.failures, answers.socket_errors) == (0, 0)
    assert 0 < answers.p50 <= answers.p99 <= answers.longest
    numbers = {json.loads(body)["external_no"] for body in stub.orders.values()}
    assert len(numbers) == len(stub.orders)
    for skus in skus_of(stub):
        fifths = [(int(sku[1:]) - 1) // 20 for sku in skus]
        assert fifths == [0, 1, 2, 3, 4]
        assert mix == "spread" or skus[0] == "B00001"


def test_both_generators_send_the_same_shape(stub: Stub) -> None:
    if shutil.which("wrk") is None:
        pytest.skip("the program wrk is not installed")
    shapes = []
    for send in (run_wrk, run_python):
        stub.orders.clear()
        send(load_for(stub, "spread"), Pace(connections=1, seconds=PATIENCE, count=3))
        order = json.loads(next(iter(stub.orders.values())))
        constant = {**order["ship_to"], "phone": None}
        shapes.append(
            (list(order), list(order["customer"]), list(order["lines"][0]), constant.items())
        )
    assert shapes[0] == shapes[1]


def test_a_fifth_of_the_replay_mix_comes_again(stub: Stub, send: Send) -> None:
    answers = send(load_for(stub, "replay"), Pace(connections=4, seconds=PATIENCE, count=4000))
    assert stub.faults == []
    again = stub.statuses[200] / sum(stub.statuses.values())
    assert 0.1 < again < 0.3
    assert abs(answers.statuses["200"] - stub.statuses[200]) <= 4


def test_the_drop_mix_stops_at_its_count(stub: Stub, send: Send) -> None:
    stub.stock = 100
    answers = send(load_for(stub, "drop"), Pace(connections=4, seconds=PATIENCE, count=500))
    # An answer that had already arrived when the count was full is counted too.
    assert 500 <= sum(answers.statuses.values()) <= 504
    assert answers.statuses["201"] == 100
    assert answers.statuses["409"] == answers.failures
    assert answers.seconds < PATIENCE
    assert skus_of(stub) == [["LAST"]] * 100


def test_an_open_load_keeps_its_rate(stub: Stub) -> None:
    answers = run_python(load_for(stub, "spread"), Pace(connections=8, seconds=2, rate=100))
    assert 130 < answers.requests < 270
    assert answers.failures == 0


def test_the_meter_sees_what_a_child_burns() -> None:
    if not meters.can_measure():
        pytest.skip("this system has no /proc")
    child = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        with meters.Meter({"server": child.pid}) as meter:
            # Systems count in ticks and may count late: it burns until enough is seen.
            ends = time.monotonic() + PATIENCE
            while (meters.read_process(child.pid) or pytest.fail("it died")).cpu_seconds < 0.5:
                assert time.monotonic() < ends
                time.sleep(0.01)
    finally:
        child.kill()
        child.wait()
    assert 0.2 < meter.spent.cpu_seconds["server"] < PATIENCE
    assert meter.spent.micros_each("server", 1000) == pytest.approx(
        meter.spent.cpu_seconds["server"] * 1000
    )


def test_a_tree_has_all_its_descendants_and_nobody_else() -> None:
    table = [
        meters.Usage(pid, parent, "x", 1.0) for pid, parent in [(9, 1), (2, 1), (3, 2), (4, 3)]
    ]
    assert [usage.pid for usage in meters.tree_of(2, table)] == [2, 3, 4]
    assert meters.tree_of(7, table) == []


def test_own_memory_and_socket_are_found(stub: Stub) -> None:
    if not meters.can_measure():
        pytest.skip("this system has no /proc")
    own = os.getpid()
    assert meters.listening_pid(stub.server_port) == own
    assert (meters.peak_megabytes(own) or 0) >= meters.resident_megabytes(own)[own] * 0.9 > 1


def test_percentiles_and_medians() -> None:
    assert figures.percentile([], 0.5) == 0.0
    assert figures.percentile(list(range(1, 101)), 0.99) == 100
    runs = [figures.Figures(10, rate, rate, rate, database_cpu=rate) for rate in (3.0, 1.0, 9.0)]
    middle = figures.median_of(runs)
    assert (middle.orders, middle.orders_per_second, middle.database_cpu) == (30, 3.0, 3.0)
    assert middle.server_cpu is None
