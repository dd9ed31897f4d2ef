"""RabbitMQ for tests: names of their own, a proxy that cuts connections, a reader of a queue."""

import contextlib
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from amqp.exceptions import AMQPError, NotFound
from kombu import Connection

BROKER = os.environ.get("LAIDAN_TEST_BROKER_URL") or "amqp://guest:guest@127.0.0.1:5672"
PATIENCE_SECONDS = 120


def a_prefix() -> str:
    """Return how the exchange and queues of one test begin."""
    return f"laidan-test-{secrets.token_hex(6)}"


def eventually(holds: Callable[[], bool], why: str) -> None:
    """Wait until something holds, with patience."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, why
        time.sleep(0.02)


@contextlib.contextmanager
def a_broker() -> Iterator[str]:
    """Yield a prefix on the broker and remove afterwards what was declared under it."""
    try:
        with Connection(BROKER, connect_timeout=3) as connection:
            connection.connect()
    except (OSError, AMQPError) as error:
        pytest.skip(f"no RabbitMQ at {BROKER}: {error}")
    prefix = a_prefix()
    yield prefix
    with Connection(BROKER) as connection:
        for queue in (f"{prefix}.all", f"{prefix}.commands", f"{prefix}.commands.dead",
                      f"{prefix}.answers"):  # fmt: skip
            with contextlib.suppress(NotFound):
                connection.channel().queue_delete(queue)
        with contextlib.suppress(NotFound):
            connection.channel().exchange_delete(f"{prefix}.events")


class Reader:
    """A queue that is bound to all events of an exchange, and what is in it."""

    def __init__(self, prefix: str, key: str = "#") -> None:
        self._connection = Connection(BROKER)
        self._channel = self._connection.channel()
        self._queue = f"{prefix}.all"
        self._channel.exchange_declare(f"{prefix}.events", "topic", durable=True, auto_delete=False)
        self._channel.queue_declare(self._queue, durable=True, auto_delete=False)
        self._channel.queue_bind(self._queue, f"{prefix}.events", key)
        self.got = []

    def read(self) -> list:
        """Take what there is; return everything that was ever taken."""
        while (message := self._channel.basic_get(self._queue, no_ack=True)) is not None:
            self.got.append(message)
        return self.got

    def close(self) -> None:
        """Hang up."""
        self._connection.release()


class Proxy:
    """A way to the broker that can be cut: what is connected is reset, what comes is refused."""

    def __init__(self, url: str = BROKER) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname, parts.port or 5672)
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        user = f"{parts.username or 'guest'}:{parts.password or 'guest'}"
        self.url = f"amqp://{user}@127.0.0.1:{self.port}{parts.path}"
        self._serve()

    def _serve(self) -> None:
        listener = self._listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                here, _ = listener.accept()
                there = socket.create_connection(self._target)
            except OSError:
                return
            self._sockets += [here, there]
            for one, other in ((here, there), (there, here)):
                threading.Thread(target=_copy, args=(one, other), daemon=True).start()

    def cut(self) -> None:
        """Break every connection and take no new one."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._sockets.clear()

    def mend(self) -> None:
        """Take connections again, on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._serve()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for one in (source, sink):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
