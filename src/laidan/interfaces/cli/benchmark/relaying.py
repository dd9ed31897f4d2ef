"""Measures how fast events reach RabbitMQ, and webhooks beside it."""

from __future__ import annotations

import os
import secrets
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import msgspec
from amqp.exceptions import NotFound
from kombu import Connection

from laidan.engine import stream
from laidan.interfaces.cli.benchmark.measure import database_pid
from laidan.interfaces.cli.benchmark.meters import Meter, Spent, listening_pid
from laidan.interfaces.cli.benchmark.scratch import Installation
from laidan.interfaces.cli.benchmark.server import HOST, laidan_command
from laidan.interfaces.cli.output import done
from laidan.kernel.actor import SYSTEM
from laidan.usecases.keep_webhooks import KeepWebhook, keep_webhooks
from laidan.usecases.order_requests import PlaceOrder, Placing
from laidan.usecases.place_orders import place_orders

CHUNK = 1000
LINES = 5
PATIENCE_SECONDS = 300.0
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Relayed:
    """What one run showed: events a second at the broker, deliveries a second, and the cost."""

    events: int
    seconds: float
    delivered: int
    delivery_seconds: float
    spent: Spent

    @property
    def rate(self) -> float:
        """Events a second that the broker has confirmed."""
        return self.events / self.seconds


def fill(orders: int, webhook: str, *, now: datetime) -> None:
    """Place orders in batches, of whose events neither the broker nor a webhook has heard."""
    stream.begin(stream.BROKER)
    if webhook:
        (made,) = keep_webhooks([KeepWebhook(SYSTEM, name="bench", url=webhook)], now=now)
        done(made)
    for start in range(0, orders, CHUNK):
        count = min(CHUNK, orders - start)
        for outcome in place_orders([_order(start + one) for one in range(count)], now=now):
            done(outcome)


def _order(number: int) -> Placing:
    lines = [
        {"sku": f"B{(number * 7 + line * 13) % 100 + 1:05d}", "quantity": 1}
        for line in range(LINES)
    ]
    wish = {"shop": "bench", "lines": lines}
    return Placing(msgspec.convert(wish, PlaceOrder), SYSTEM)


class _Receiver:
    """Takes webhooks and counts them."""

    def __init__(self) -> None:
        self.count = 0
        outer = self

        class _Requests(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(204)
                self.end_headers()
                outer.count += 1

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer((HOST, 0), _Requests)
        self.url = f"http://{HOST}:{self._server.server_port}/"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def run_relay(place: Installation, broker: str, orders: int, *, webhook: bool) -> Relayed:
    """Fill an installation, let a worker relay what there is, and watch the queue grow."""
    prefix, receiver = f"laidan-bench-{secrets.token_hex(4)}", _Receiver()
    try:
        place.must_run("bench", "seed", "--skus", "100")
        words = ["bench", "fill", "--orders", str(orders)]
        environment = {"LAIDAN_BROKER_URL": broker, "LAIDAN_BROKER_PREFIX": prefix}
        environment |= {"LAIDAN_WEBHOOK_ALLOW_PRIVATE": "yes"}
        os.environ.update(environment)
        place.must_run(*words, *(["--webhook", receiver.url] if webhook else []))
        with _queue(broker, prefix) as queue, _worker(place) as pid:
            return _watch(queue, receiver if webhook else None, orders, _roots(place, broker, pid))
    finally:
        receiver.close()


def _roots(place: Installation, broker: str, worker: int) -> dict[str, int]:
    found = {
        "worker": worker,
        "database": database_pid(place.url),
        "broker": listening_pid(urlsplit(broker).port or 5672),
    }
    return {name: pid for name, pid in found.items() if pid is not None}


def _watch(
    queue: _Queue, receiver: _Receiver | None, orders: int, roots: dict[str, int]
) -> Relayed:
    """Measure from the first event at the broker to the last; webhooks go on at their own pace."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    first = queue.wait(1, deadline)
    begun = queue.count
    with Meter(roots) as meter:
        last = queue.wait(orders, deadline)
    delivered = receiver.count if receiver is not None else 0
    return Relayed(orders - begun, max(last - first, 1e-6), delivered, last - first, meter.spent)


class _Queue:
    """A queue that is bound to all events, and how many are in it."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._channel = connection.channel()
        self._name = name
        self.count = 0

    def wait(self, count: int, deadline: float) -> float:
        """Wait until so many are there; return when that was."""
        while time.monotonic() < deadline:
            self.count = self._channel.queue_declare(self._name, passive=True).message_count
            if self.count >= count:
                return time.monotonic()
            time.sleep(_POLL_SECONDS)
        raise RuntimeError(f"only {self.count} of {count} events reached the broker")


@contextmanager
def _queue(broker: str, prefix: str) -> Iterator[_Queue]:
    exchange, name = f"{prefix}.events", f"{prefix}.bench"
    with Connection(broker) as connection:
        channel = connection.channel()
        channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
        channel.queue_declare(name, durable=True, auto_delete=False)
        channel.queue_bind(name, exchange, "#")
        try:
            yield _Queue(connection, name)
        finally:
            for queue in (name, f"{prefix}.commands", f"{prefix}.commands.dead"):
                try:
                    channel.queue_delete(queue)
                except NotFound:
                    channel = connection.channel()
            channel.exchange_delete(exchange)


@contextmanager
def _worker(place: Installation) -> Iterator[int]:
    child = subprocess.Popen(  # noqa: S603 - our own program, no shell.
        laidan_command("worker"), env=os.environ | place.environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield child.pid
    finally:
        child.terminate()
        try:
            child.wait(60)
        except subprocess.TimeoutExpired:
            child.kill()


def as_text(engine: str, runs: Sequence[tuple[str, Relayed]]) -> str:
    """Return the table that is printed."""
    lines = [
        f"{engine}, five lines an order, every message confirmed by the broker",
        f"{'':24}{'events/s':>10}{'webhooks/s':>12}{'worker us':>11}{'db us':>8}{'broker us':>11}",
    ]
    for name, run in runs:
        cells = [run.spent.micros_each(one, run.events) for one in ("worker", "database", "broker")]
        shown = [f"{'-' if one is None else format(one, '.0f')}" for one in cells]
        hooks = f"{run.delivered / run.delivery_seconds:,.0f}" if run.delivered else "-"
        lines.append(
            f"{name:24}{run.rate:>10,.0f}{hooks:>12}{shown[0]:>11}{shown[1]:>8}{shown[2]:>11}"
        )
    return "\n".join(lines)
