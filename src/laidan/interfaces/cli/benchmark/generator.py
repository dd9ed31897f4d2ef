"""A load generator in Python: closed or open loop, for machines without wrk and for fixed rates.

It costs some ten times the CPU of wrk a request, so its closed loop understates a fast server.
"""

import asyncio
import time
from collections import Counter, deque
from random import Random

from laidan.interfaces.cli.benchmark.figures import percentile
from laidan.interfaces.cli.benchmark.load import PATH, Answers, Load, LoadFault, Pace

REPLAY_SHARE = 0.2
REPLAY_KEPT = 4096
REPLAY_AGE = 512
DRAIN_SECONDS = 30.0
PLACE = (
    '{"shop":"bench","external_no":"%s","customer":{"ref":"C%d","name":"王小明","phone":"138%08d"},'
    '"ship_to":{"name":"王小明","phone":"138%08d","country":"CN","province":"浙江省","city":"杭州市",'
    '"district":"西湖区","street":"文三路 1 号","postcode":"310000"},"lines":[%s]}'
)
LINE = '{"sku":"%s","quantity":1,"unit_price":"19.90"}'
HEAD = (
    "POST %s HTTP/1.1\r\nHost: %s:%d\r\nAuthorization: Bearer %s\r\n"
    "Content-Type: application/json\r\nIdempotency-Key: %s\r\nContent-Length: %d\r\n\r\n"
)


class OrderStream:
    """Makes one HTTP request after another for a load."""

    def __init__(self, load: Load) -> None:
        """Begin at the first order of the load's run."""
        self._load = load
        self._dice = Random(load.run)  # noqa: S311 -- draws SKUs for a load, guards no secret.
        self._turn = 0
        self._sent: deque[bytes] = deque(maxlen=REPLAY_KEPT)

    def next_request(self) -> bytes:
        """Make the next request: a new order or, in the replay mix, now and then an earlier one."""
        old_enough = len(self._sent) - REPLAY_AGE
        if old_enough > 0 and self._dice.random() < REPLAY_SHARE:
            return self._sent[self._dice.randrange(old_enough)]
        self._turn += 1
        external_no = f"{self._load.run}-0-{self._turn}"
        body = self.order(external_no).encode()
        load = self._load
        head = HEAD % (PATH, load.host, load.port, load.key, external_no, len(body))
        request = head.encode() + body
        if load.mix == "replay":
            self._sent.append(request)
        return request

    def order(self, external_no: str) -> str:
        """Make the JSON of one order with this external number."""
        customer = self._dice.randint(1, self._load.customers)
        lines = ",".join(LINE % sku for sku in self._skus())
        return PLACE % (external_no, customer, customer, customer, lines)

    def _skus(self) -> list[str]:
        load = self._load
        if load.mix == "drop":
            return [load.drop_sku]
        fifth = load.skus // 5
        drawn = [line * fifth + self._dice.randint(1, fifth) for line in range(5)]
        if load.mix == "hot":
            drawn[0] = 1
        return [f"B{sku:05d}" for sku in drawn]


class Tally:
    """Counts answers and latencies of one run."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.latencies: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.socket_errors = 0
        self.last_at = 0.0

    def note(self, status: str, due: float) -> None:
        """Note one answer to the request that was due at this instant."""
        self.last_at = time.perf_counter()
        self.latencies.append((self.last_at - due) * 1000)
        self.statuses[status] += 1

    def answers(self, began: float) -> Answers:
        """Sum up."""
        ordered = sorted(self.latencies)
        return Answers(
            requests=len(ordered),
            seconds=max(self.last_at - began, 1e-9),
            failures=sum(n for status, n in self.statuses.items() if status >= "400"),
            socket_errors=self.socket_errors,
            statuses=dict(self.statuses),
            p50=percentile(ordered, 0.5),
            p99=percentile(ordered, 0.99),
            p999=percentile(ordered, 0.999),
            longest=ordered[-1] if ordered else 0.0,
        )


class Connection(asyncio.Protocol):
    """One connection: sends a request, waits for its answer, asks the driver what is next."""

    def __init__(self, driver: "Driver") -> None:
        """Work for this driver."""
        self._driver = driver
        self._buffer = b""
        self._due: float | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Report for work."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
        self._driver.take(self)

    def send(self, request: bytes, due: float) -> None:
        """Send a request that was due at this instant."""
        self._due = due
        if self._transport is not None:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Gather an answer; when it is whole, note it and ask for the next request."""
        self._buffer += data
        head, gap, body = self._buffer.partition(b"\r\n\r\n")
        if not gap or self._due is None or not _is_whole(head.lower(), body):
            return
        self._driver.tally.note(head[9:12].decode(), self._due)
        self._buffer, self._due = b"", None
        if b"connection: close" not in head.lower():
            self._driver.take(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count a connection that broke, for whatever reason, while an answer was owed."""
        del exc
        if self._due is not None:
            self._driver.tally.socket_errors += 1
            self._due = None
        self._driver.lose()

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


def _is_whole(head: bytes, body: bytes) -> bool:
    at = head.find(b"content-length:")
    if at < 0:
        return body.endswith(b"0\r\n\r\n") or head[9:12] in (b"204", b"304")
    return len(body) >= int(head[at + 15 :].split(b"\r\n", 1)[0])


class Driver:
    """Hands out requests to connections, at once or at the instants of a Poisson process."""

    def __init__(self, load: Load, pace: Pace) -> None:
        """Prepare a run; nothing is sent yet."""
        self.tally = Tally()
        self._stream = OrderStream(load)
        self._dice = Random(load.run)  # noqa: S311 -- draws arrivals, guards no secret.
        self._pace = pace
        self._idle: deque[Connection] = deque()
        self._backlog: deque[float] = deque()
        self._handed = 0
        self._lost = 0
        self._open = True

    def take(self, connection: Connection) -> None:
        """Give a free connection its next request, or let it wait."""
        if self._backlog:
            self._hand(connection, self._backlog.popleft())
        elif self._pace.rate is None and self._may_hand():
            self._hand(connection, time.perf_counter())
        else:
            self._idle.append(connection)

    def lose(self) -> None:
        """Note that a connection is gone."""
        self._lost += 1

    def _may_hand(self) -> bool:
        return self._open and (self._pace.count == 0 or self._handed < self._pace.count)

    def _hand(self, connection: Connection, due: float) -> None:
        self._handed += 1
        connection.send(self._stream.next_request(), due)

    async def run(self, host: str, port: int) -> Answers:
        """Connect, send until the time or the count is up, wait for what is owed, and sum up."""
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        connections = [
            (await loop.create_connection(lambda: Connection(self), host, port))[1]
            for _ in range(self._pace.connections)
        ]
        await (self._await_end(began) if self._pace.rate is None else self._arrive(began))
        self._open = False
        await self._drain()
        for connection in connections:
            connection.close()
        return self.tally.answers(began)

    async def _await_end(self, began: float) -> None:
        while time.perf_counter() - began < self._pace.seconds and self._may_hand():
            await asyncio.sleep(0.01)
            if self._lost >= self._pace.connections:
                raise LoadFault("the server hung up on every connection")

    async def _arrive(self, began: float) -> None:
        """Let orders arrive at random instants; latency counts from them, not from the send."""
        due = began
        while due - began < self._pace.seconds and self._may_hand():
            due += self._dice.expovariate(self._pace.rate or 1.0)
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            if self._idle:
                self._hand(self._idle.popleft(), due)
            else:
                self._backlog.append(due)

    async def _drain(self) -> None:
        deadline = time.perf_counter() + DRAIN_SECONDS
        while len(self.tally.latencies) + self.tally.socket_errors < self._handed or self._backlog:
            if time.perf_counter() > deadline or self._lost >= self._pace.connections:
                self.tally.socket_errors = self._handed - len(self.tally.latencies)
                return
            await asyncio.sleep(0.01)


def run_python(load: Load, pace: Pace) -> Answers:
    """Drive a closed loop, or an open one when the pace has a rate."""
    return asyncio.run(Driver(load, pace).run(load.host, load.port))
