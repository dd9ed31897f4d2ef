"""What the tests of webhooks share: an endpoint, orders with events, a dispatcher at an instant."""

from builders import NOON, a_shop, a_sku, an_order
from laidan.domain.webhooks.models import WebhookDelivery
from laidan.engine import stream
from laidan.kernel.actor import SYSTEM
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.keep_webhooks import KeepWebhook, keep_webhooks
from laidan.usecases.transition_requests import Advance, TransitionInputs


def keep(name="shop", now=NOON, actor=SYSTEM, **more):
    (outcome,) = keep_webhooks([KeepWebhook(actor, name=name, **more)], now=now)
    return outcome


def a_webhook(receiver, **more):
    made = keep(url=receiver.url, **more).value
    return made.id, made.secret


def some_orders(count):
    if not WebhookDelivery.objects.exists() and stream.head() == 0:
        a_shop()
        a_sku("TEE", on_hand=1000)
    made = [an_order(("TEE", 1)) for _ in range(count)]
    stream.number_events(1000, now=NOON)
    return [one.order_id for one in made]


def hold(order_id):
    wish = Advance(order_id, "hold", SYSTEM, TransitionInputs(reason="look"))
    (outcome,) = advance_orders([wish], now=NOON)
    assert outcome.value
    stream.number_events(1000, now=NOON)


def run(dispatcher, now=NOON, rounds=1000):
    """Let the dispatcher work at an instant until nothing is left to do then."""
    for _ in range(rounds):
        if dispatcher.step(now) == 0:
            return
    raise AssertionError("the dispatcher never rests")


def told(**filters):
    return list(
        WebhookDelivery.objects.filter(**filters).order_by("position").values_list("state", "tries")
    )
