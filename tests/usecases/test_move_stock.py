"""Every kind of movement, what it refuses, and the laws of a batch."""

from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import NOON, a_location, a_shop, a_sku, an_order
from laidan.domain.stock.models import Balance, Movement, StockAlert
from laidan.engine.idempotency import Once
from laidan.insights.laws.checker import check
from laidan.kernel.actor import SYSTEM
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.move_stock import move_stock
from laidan.usecases.movement_requests import MovementRequest, MoveStock
from laidan.usecases.moving import MovementAnswer

pytestmark = pytest.mark.django_db(transaction=True)


def a_move(kind: str, quantity: Any, sku: str = "X", **others: Any) -> MoveStock:
    once = others.pop("once", None)
    body = {"kind": kind, "sku": sku, "location": "main", "quantity": quantity} | others
    return MoveStock(msgspec.convert(body, MovementRequest), SYSTEM, once)


def done(*moves: MoveStock) -> list[MovementAnswer]:
    answers = []
    for outcome in move_stock(moves, now=NOON):
        assert isinstance(outcome, Done), outcome
        answers.append(outcome.value)
    return answers


def refused(move: MoveStock) -> Refused:
    before = everything()
    (outcome,) = move_stock([move], now=NOON)
    assert isinstance(outcome, Refused), outcome
    assert everything() == before
    return outcome


def everything() -> list[Any]:
    return [sorted(model.objects.values_list()) for model in (Balance, Movement, StockAlert)]


def on_hand() -> dict[tuple[str, str, str], int]:
    rows = Balance.objects.values_list("sku__code", "location__code", "bucket", "on_hand")
    return {row[:3]: row[3] for row in rows}


def every_law_holds() -> bool:
    return [verdict for verdict in check() if not verdict.holds] == []


@pytest.fixture(autouse=True)
def places() -> None:
    a_shop(locations=("main", "back"))
    a_sku("X", on_hand=0, safety=2)
    a_sku("CLOTH", on_hand=0, decimals=2, unit="m")
    a_sku("ROOM", on_hand=0, kind="capacity")
    a_sku("GIFT", on_hand=0, kind="virtual")


def test_each_kind_of_movement():
    received, *_, counted = done(
        a_move("receive", 10, reason="delivery", reference="PO-1"),
        a_move("adjust", -1),
        a_move("adjust", 2),
        a_move("scrap", 3),
        a_move("transfer", 4, to="back"),
        a_move("count", 7),
    )
    assert on_hand() == {("X", "main", ""): 7, ("X", "back", ""): 4}
    (movement,) = received.document["movements"]
    assert (movement["quantity"], movement["reason"], movement["by"]) == (10, "delivery", "system")
    assert counted.document["movements"][0]["quantity"] == 3
    assert counted.document["balances"] == [
        {"sku": "X", "name": "SKU X", "unit": "pcs", "location": "main", "bucket": "",
         "on_hand": 7, "reserved": 0, "available": 5, "safety": 2, "backorder": False}
    ]  # fmt: skip
    kinds = [row.kind for row in Movement.objects.order_by("id")]
    assert kinds == ["receive", "adjust", "adjust", "scrap", "transfer", "transfer", "count"]
    out, into = Movement.objects.filter(kind="transfer").order_by("id")
    assert (out.delta, into.delta, out.reference) == (-4, 4, into.reference)
    assert out.reference
    assert every_law_holds()


def test_a_count_of_what_is_known_moves_nothing():
    (first,) = done(a_move("count", 0))
    assert not first.moved
    assert on_hand() == {}
    done(a_move("receive", 5))
    (again,) = done(a_move("count", 5))
    assert again.document["movements"] == []
    assert again.document["balances"][0]["on_hand"] == 5
    assert Movement.objects.count() == 1


def test_quantities_follow_the_decimals_of_the_sku():
    (answer,) = done(a_move("receive", "2.50", "CLOTH"))
    assert answer.document["balances"][0]["on_hand"] == "2.50"
    assert on_hand() == {("CLOTH", "main", ""): 250}
    assert refused(a_move("receive", "2.505", "CLOTH")).errors[0].loc == "quantity"
    assert refused(a_move("receive", 1.5)).errors[0].loc == "quantity"


def test_what_is_booked_by_day_has_a_balance_each_day():
    done(a_move("receive", 3, "ROOM", bucket="2026-12-24"), a_move("receive", 2, bucket="LOT-1"))
    assert on_hand() == {("ROOM", "main", "2026-12-24"): 3, ("X", "main", "LOT-1"): 2}
    for bucket in ("", "24.12.2026", "2026-12-32"):
        assert refused(a_move("receive", 3, "ROOM", bucket=bucket)).errors[0].loc == "bucket"


@pytest.mark.parametrize(
    ("move", "code", "loc"),
    [
        (a_move("receive", 1, "NONE"), "unknown-sku", "sku"),
        (a_move("receive", 1, location="moon"), "unknown-location", "location"),
        (a_move("transfer", 1, to="moon"), "unknown-location", "to"),
        (a_move("transfer", 1), "invalid-movement", "to"),
        (a_move("transfer", 1, to="main"), "invalid-movement", "to"),
        (a_move("receive", 1, to="back"), "invalid-movement", "to"),
        (a_move("receive", 0), "invalid-movement", "quantity"),
        (a_move("receive", -1), "invalid-movement", "quantity"),
        (a_move("scrap", -1), "invalid-movement", "quantity"),
        (a_move("adjust", 0), "invalid-movement", "quantity"),
        (a_move("count", -1), "invalid-movement", "quantity"),
        (a_move("receive", 10**13), "invalid-movement", "quantity"),
        (a_move("receive", "many"), "invalid-movement", "quantity"),
        (a_move("receive", 1, "GIFT"), "invalid-movement", "sku"),
        (a_move("receive", 1, reason="a\x00b"), "invalid-movement", "reason"),
        (a_move("receive", 1, bucket=" lot"), "invalid-movement", "bucket"),
    ],
)
def test_what_is_wrong_is_named(move: MoveStock, code: str, loc: str):
    refusal = refused(move)
    assert (refusal.code, refusal.status, refusal.errors[0].loc) == (code, 422, loc)


def test_there_is_never_less_than_nothing():
    done(a_move("receive", 3))
    for move in (a_move("scrap", 4), a_move("adjust", -4), a_move("transfer", 4, to="back")):
        refusal = refused(move)
        assert (refusal.code, refusal.status) == ("out-of-stock", 409)
        assert refusal.extra["shortages"] == [
            {"sku": "X", "wanted": 4, "on_hand": 3, "reserved": 0, "available": 3}
        ]
    assert refused(a_move("scrap", 1, location="back")).code == "out-of-stock"


def test_what_is_reserved_stays():
    done(a_move("receive", 10))
    an_order(("X", 6))
    for move in (a_move("scrap", 5), a_move("count", 5), a_move("transfer", 5, to="back")):
        refusal = refused(move)
        assert (refusal.code, refusal.status) == ("stock-reserved", 409)
        assert refusal.extra["shortages"] == [
            {"sku": "X", "wanted": 5, "on_hand": 10, "reserved": 6, "available": 4}
        ]
    done(a_move("scrap", 4))
    assert every_law_holds()


def test_backorders_may_be_promised_more_than_is_there():
    a_sku("LATER", on_hand=0, backorder=True)
    done(a_move("receive", 4, "LATER"))
    an_order(("LATER", 6))
    done(a_move("scrap", 3, "LATER"))
    assert refused(a_move("scrap", 2, "LATER")).code == "out-of-stock"
    assert every_law_holds()


def test_a_closed_location_takes_nothing_in_but_gives_away():
    done(a_move("receive", 5, location="back"))
    place = a_location("back")
    place.is_active = False
    place.save()
    assert refused(a_move("receive", 1, location="back")).code == "location-closed"
    done(a_move("receive", 5), a_move("transfer", 5, location="back", to="main"))
    assert refused(a_move("transfer", 5, to="back")).code == "location-closed"


def test_low_stock_is_told_once_and_ends():
    done(a_move("receive", 10))
    assert not StockAlert.objects.exists()
    done(a_move("scrap", 8))
    done(a_move("scrap", 2))
    alert = StockAlert.objects.get()
    assert (alert.kind, alert.closed_at) == ("low", None)
    done(a_move("receive", 3))
    assert StockAlert.objects.get().closed_at == NOON


def test_each_lot_runs_low_by_itself():
    done(*(a_move("receive", 4, bucket=lot) for lot in ("A", "B")))
    done(a_move("scrap", 4, bucket="A"), a_move("scrap", 4, bucket="B"))
    alerts = StockAlert.objects.filter(closed_at=None).values_list("kind", "bucket")
    assert sorted(alerts) == [("low", "A"), ("low", "B")]
    done(a_move("receive", 3, bucket="B"))
    assert list(alerts.all()) == [("low", "A")]


def test_one_key_is_one_movement():
    once = Once("key:test", "K1#0", "a" * 64)
    first, again = move_stock(
        [a_move("receive", 5, once=once), a_move("receive", 5, once=once)], now=NOON
    )
    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert (first.replayed, again.replayed) == (False, True)
    (later,) = move_stock([a_move("receive", 5, once=once)], now=NOON)
    assert isinstance(later, Done)
    assert later.replayed
    assert later.value == first.value
    other = Once("key:test", "K1#0", "b" * 64)
    assert refused(a_move("receive", 6, once=other)).code == "idempotency-conflict"
    assert on_hand() == {("X", "main", ""): 5}
    assert every_law_holds()


def test_a_batch_costs_the_statements_of_one_movement():
    for n in range(100):
        a_sku(f"S{n}", on_hand=5)
    counts = []
    for size in (1, 100):
        moves = [a_move("receive", 2, f"S{n}", reference=str(size)) for n in range(size)]
        with CaptureQueriesContext(connection) as captured:
            done(*moves)
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- laws -----------------------------------------------------------------------------------

skus = st.sampled_from(("X", "CLOTH", "ROOM", "GIFT", "NONE", "LATER"))
moves = st.builds(
    lambda kind, quantity, sku, location, bucket, to: a_move(
        kind, quantity, sku, location=location, bucket=bucket, to=to
    ),
    st.sampled_from(("receive", "adjust", "count", "transfer", "scrap")),
    st.one_of(st.integers(-3, 12), st.sampled_from(("1.25", "0.5", "x"))),
    skus,
    st.sampled_from(("main", "back", "moon")),
    st.sampled_from(("", "", "2026-12-24")),
    st.sampled_from((None, "main", "back")),
)


def _empty() -> None:
    for model in (StockAlert, Movement, Balance):
        model.objects.all().delete()


def _told(outcomes: list[Outcome[MovementAnswer]]) -> list[Any]:
    """What callers learn, but for ids."""
    told: list[Any] = []
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            told.append((outcome.code, outcome.detail))
            continue
        document = outcome.value.document
        rows = [
            {name: row[name] for name in ("kind", "sku", "location", "bucket", "quantity")}
            for row in document["movements"]
        ]
        told.append((rows, document["balances"]))
    return told


def _rows() -> Any:
    alerts = StockAlert.objects.filter(closed_at=None).values_list("kind", "sku", "location")
    ledger = Movement.objects.values_list("sku", "location", "bucket", "kind", "delta")
    return on_hand(), sorted(ledger), sorted(alerts)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(batch=st.lists(moves, max_size=12))
def test_a_batch_equals_its_movements_one_by_one(batch: list[MoveStock]):
    a_sku_once("LATER", backorder=True)
    _empty()
    together = _told(move_stock(batch, now=NOON))
    rows = _rows()
    _empty()
    apart = [outcome for move in batch for outcome in move_stock([move], now=NOON)]
    assert _told(apart) == together
    assert _rows() == rows
    for key, quantity in on_hand().items():
        ledger = Movement.objects.filter(
            sku__code=key[0], location__code=key[1], bucket=key[2]
        ).values_list("delta", flat=True)
        assert sum(ledger) == quantity >= 0


def a_sku_once(code: str, **columns: Any) -> None:
    from laidan.domain.catalog.models import Sku

    if not Sku.objects.filter(code=code).exists():
        a_sku(code, on_hand=0, **columns)
