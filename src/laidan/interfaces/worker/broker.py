"""A connection to RabbitMQ on which every message is confirmed before it counts as sent."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

from amqp import Channel, Message
from amqp.exceptions import AMQPError, ResourceLocked
from kombu import Connection

CONNECT_SECONDS = 5.0
CONFIRM_SECONDS = 30.0
HEARTBEAT_SECONDS = 20
FAULTS = (AMQPError, OSError)
"""What a connection that is lost or refused raises."""


class NotConfirmedError(ConnectionError):
    """The broker did not take everything that was sent; send it again."""


class HeldElsewhereError(Exception):
    """Another program holds the place of the one that publishes."""


def connected(url: str) -> Connection:
    """Return a connection to a broker; raises one of FAULTS."""
    connection = Connection(
        url, heartbeat=HEARTBEAT_SECONDS, connect_timeout=CONNECT_SECONDS,
        transport_options={"read_timeout": CONFIRM_SECONDS, "write_timeout": CONFIRM_SECONDS},
    )  # fmt: skip
    connection.connect()
    return connection


class Publisher:
    """The one publisher of an exchange.

    It holds an exclusive queue, which the broker gives to one connection alone and takes back when
    that is lost: whoever was thought dead, and is not, cannot publish any more.
    """

    def __init__(self, url: str, exchange: str, *, lock: str) -> None:
        self._exchange = exchange
        self._pending: dict[int, None] = {}
        self._refused = False
        self._last = 0
        self._connection = connected(url)
        try:
            self._channel = self._open(lock)
        except ResourceLocked as error:
            self.close()
            raise HeldElsewhereError(lock) from error
        except BaseException:
            self.close()
            raise

    def _open(self, lock: str) -> Channel:
        channel = self._connection.channel()
        channel.queue_declare(queue=lock, exclusive=True, auto_delete=False)
        channel.exchange_declare(self._exchange, "topic", durable=True, auto_delete=False)
        channel.confirm_select()
        channel.events["basic_ack"].add(self._acknowledge)
        channel.events["basic_nack"].add(self._refuse)
        return channel

    def publish(self, messages: Sequence[tuple[str, Message]]) -> None:
        """Send messages under their routing keys; return once the broker has them all.

        Raises one of FAULTS; then some of them may have arrived.
        """
        for key, message in messages:
            self._last += 1
            self._pending[self._last] = None
            self._channel.basic_publish(message, self._exchange, key)
        deadline = time.monotonic() + CONFIRM_SECONDS
        while self._pending and not self._refused:
            left = deadline - time.monotonic()
            if left <= 0:
                raise NotConfirmedError("the broker did not confirm in time")
            self._connection.drain_events(timeout=left)
        if self._refused:
            raise NotConfirmedError("the broker refused a message")

    def beat(self) -> None:
        """Let the broker know that this end lives; raises one of FAULTS where that end does not."""
        with suppress(TimeoutError):
            self._connection.drain_events(timeout=0.001)
        self._connection.heartbeat_check()

    def close(self) -> None:
        """Hang up."""
        close(self._connection)

    def _acknowledge(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - the library calls it
        if not multiple:
            self._pending.pop(tag, None)
            return
        for one in list(self._pending):
            if one > tag:
                return
            del self._pending[one]

    def _refuse(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - as above
        self._refused = True


def close(connection: Connection) -> None:
    """Hang up, whether or not there is somebody at the other end."""
    try:
        connection.release()
    except FAULTS:
        connection.collect()
