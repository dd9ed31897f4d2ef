"""A connection to RabbitMQ on which every message is confirmed before it counts as sent."""

from __future__ import annotations

import time
from collections.abc import Sequence

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


class Confirmed:
    """A channel on which nothing counts as sent before the broker has confirmed it."""

    def __init__(self, url: str) -> None:
        self._pending: dict[int, None] = {}
        self._refused = False
        self._last = 0
        self._connection = connected(url)
        try:
            self.channel: Channel = self._connection.channel()
            self.channel.confirm_select()
            self.channel.events["basic_ack"].add(self._acknowledge)
            self.channel.events["basic_nack"].add(self._refuse)
        except BaseException:
            self.close()
            raise

    def publish(self, messages: Sequence[tuple[str, str, Message]]) -> None:
        """Send messages to (exchange, routing key); return once the broker has them all.

        Raises one of FAULTS; then some of them may have arrived.
        """
        for exchange, key, message in messages:
            self._last += 1
            self._pending[self._last] = None
            self.channel.basic_publish(message, exchange, key)
        deadline = time.monotonic() + CONFIRM_SECONDS
        while self._pending and not self._refused:
            left = deadline - time.monotonic()
            if left <= 0:
                raise NotConfirmedError("the broker did not confirm in time")
            self._connection.drain_events(timeout=left)
        if self._refused:
            raise NotConfirmedError("the broker refused a message")

    def listen(self, seconds: float) -> bool:
        """Take in what arrives; say whether anything did. Raises one of FAULTS."""
        self._connection.heartbeat_check()
        try:
            self._connection.drain_events(timeout=seconds)
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Hang up, whether or not there is somebody at the other end."""
        try:
            self._connection.release()
        except FAULTS:
            self._connection.collect()

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


def publisher(url: str, exchange: str, *, lock: str) -> Confirmed:
    """Return the one publisher of an exchange; raises HeldElsewhereError, or one of FAULTS.

    It holds an exclusive queue, which the broker gives to one connection alone and takes back when
    that is lost: whoever was thought dead, and is not, cannot publish any more.
    """
    line = Confirmed(url)
    try:
        line.channel.queue_declare(queue=lock, exclusive=True, auto_delete=False)
        line.channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
    except ResourceLocked as error:
        line.close()
        raise HeldElsewhereError(lock) from error
    except BaseException:
        line.close()
        raise
    return line
