"""Commands through RabbitMQ: answered as over HTTP, done once, never lost."""

import json

import pytest
from amqp import Message
from kombu import Connection

from brokers import BROKER, Proxy, a_broker, eventually
from builders import NOON, a_shop, a_sku
from interfaces.doors import a_key, order_body
from laidan.domain.orders.models import Order
from laidan.interfaces.messages import commands
from laidan.interfaces.messages.commands import Consumer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_engine]


class Client:
    """A program that sends commands and reads answers."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.connection = Connection(BROKER)
        self.channel = self.connection.channel()
        self.channel.queue_declare(f"{prefix}.answers", durable=True, auto_delete=False)
        self.token = a_key()

    def send(self, body, *, kind="place", name="m1", answers=True, token=None, **headers):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {token or self.token}", **headers}
        more = {"reply_to": f"{self.prefix}.answers", "correlation_id": f"c-{name}"}
        message = Message(
            text, type=kind, message_id=name, application_headers=headers,
            **(more if answers else {}),
        )  # fmt: skip
        self.channel.basic_publish(message, "", f"{self.prefix}.commands")

    def take(self, queue="answers"):
        return self.channel.basic_get(f"{self.prefix}.{queue}", no_ack=True)

    def close(self):
        self.connection.release()


@pytest.fixture
def prefix():
    with a_broker() as made:
        yield made


@pytest.fixture
def consumer(prefix, _own_queues):
    made = Consumer(BROKER, prefix)
    made.step(NOON)
    yield made
    made.leave()


@pytest.fixture
def client(prefix):
    made = Client(prefix)
    yield made
    made.close()


def run(consumer, count):
    done = 0

    def is_done():
        nonlocal done
        done += consumer.step(NOON)
        return done >= count

    eventually(is_done, "the messages did not come")


def test_an_order_is_placed_answered_and_placed_once(consumer, client):
    a_shop()
    a_sku(on_hand=10)
    client.send(order_body())
    run(consumer, 1)
    answer = client.take()
    order = Order.objects.get()
    assert json.loads(answer.body)["order_no"] == order.order_no
    assert (answer.headers["status"], answer.properties["correlation_id"]) == (201, "c-m1")
    client.send(order_body())
    run(consumer, 1)
    again = client.take()
    assert json.loads(again.body)["id"] == order.id
    assert (again.headers["status"], again.headers["idempotent-replay"]) == (201, 1)
    client.send(order_body(buyer_note="other"))
    run(consumer, 1)
    assert json.loads(client.take().body)["type"] == "/problems/idempotency-conflict"
    assert Order.objects.count() == 1


def test_an_order_is_advanced_by_number(consumer, client):
    a_shop()
    a_sku(on_hand=10)
    client.send(order_body())
    run(consumer, 1)
    number = json.loads(client.take().body)["order_no"]
    client.send({"reason": "look"}, kind="advance", name="m2", order=number, transition="hold")
    run(consumer, 1)
    answer = client.take()
    assert (answer.headers["status"], len(json.loads(answer.body)["holds"])) == (200, 1)
    client.send(b"", kind="advance", name="m3", order=number, transition="fly")
    run(consumer, 1)
    assert json.loads(client.take().body)["type"] == "/problems/unknown-transition"


def test_many_are_one_batch_each_with_its_own_fate(consumer, client):
    a_shop()
    a_sku(on_hand=10)
    for number in range(8):
        client.send(order_body(external_no=f"T{number}"), name=f"m{number}")
    run(consumer, 8)
    found = [client.take() for _ in range(8)]
    assert sorted(one.headers["status"] for one in found) == [201] * 5 + [409] * 3
    assert Order.objects.count() == 5


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"body": b"{"}, "invalid-json"),
        ({"body": b'{"x":1}'}, "invalid-order"),
        ({"body": b"{}", "kind": "fly"}, "unknown-kind"),
        ({"body": b"{}", "name": ""}, "invalid-idempotency-key"),
        ({"body": b"{}", "token": "ldk_no"}, "unauthorized"),
        ({"body": b"\xff\xfe"}, "invalid-json"),
    ],
)
def test_what_cannot_be_read_is_kept_apart_with_the_reason(consumer, client, message, reason):
    client.send(**message, answers=False)
    run(consumer, 1)
    dead = client.take("commands.dead")
    assert dead.headers["reason"].startswith(f"{reason}: ")
    assert "authorization" not in dead.headers
    body = dead.body.encode() if isinstance(dead.body, str) else bytes(dead.body)
    assert body == message["body"]
    assert client.take("commands") is None
    assert Order.objects.count() == 0


def test_a_refused_command_without_an_address_is_kept_apart(consumer, client):
    a_shop()
    a_sku(on_hand=1)
    client.send(order_body(), answers=False)
    run(consumer, 1)
    assert client.take("commands.dead").headers["reason"].startswith("out-of-stock: ")


def test_a_key_without_the_right_places_nothing(consumer, client):
    a_shop()
    a_sku(on_hand=10)
    client.send(order_body(), token=a_key("orders:read", name="r"))
    run(consumer, 1)
    assert json.loads(client.take().body)["type"] == "/problems/forbidden"
    assert Order.objects.count() == 0


@pytest.mark.usefixtures("_own_queues")
def test_a_reader_that_dies_after_the_commit_is_answered_again_and_nothing_is_doubled(
    prefix, client, monkeypatch
):
    a_shop()
    a_sku(on_hand=10)
    proxy = Proxy()
    dying = Consumer(proxy.url, prefix)
    dying.step(NOON)
    real = commands.carry_out

    def then_die(letters, *, now):
        found = real(letters, now=now)
        proxy.cut()
        return found

    monkeypatch.setattr(commands, "carry_out", then_die)
    client.send(order_body())
    eventually(lambda: dying.step(NOON) == 0 and Order.objects.exists(), "nothing was placed")
    assert client.take() is None
    monkeypatch.setattr(commands, "carry_out", real)
    consumer = Consumer(BROKER, prefix)
    run(consumer, 1)
    assert client.take().headers == {"status": 201, "idempotent-replay": 1}
    assert Order.objects.count() == 1
    consumer.leave()
    dying.leave()


def test_a_busy_database_leaves_the_message(consumer, client, monkeypatch):
    a_shop()
    a_sku(on_hand=10)
    real = commands.committing.call_all
    monkeypatch.setattr(commands.committing, "call_all", lambda *_: commands.committing.OVERLOADED)
    client.send(order_body())
    run(consumer, 1)
    assert client.take() is None
    monkeypatch.setattr(commands.committing, "call_all", real)
    consumer._again_at = 0
    run(consumer, 1)
    assert client.take().headers["status"] == 201
