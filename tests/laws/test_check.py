"""Every law that `laidan check` proves can be broken, and then the check names it and the rows."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, models

from builders import NOON, a_request, some_orders
from laidan.domain.orders.models import Order
from laidan.engine.idempotency import Once
from laidan.engine.models import IdempotencyKey
from laidan.insights.laws import checker
from laidan.insights.laws.law import SHOWN_MAX
from laidan.insights.laws.pointer_laws import pointer_laws
from laidan.usecases.order_requests import Placing
from laws.conftest import broken, run
from laws.filling import fill

pytestmark = pytest.mark.django_db

NOBODY = "00000000-0000-7000-8000-000000000000"


@contextlib.contextmanager
def constraints_ignored(table: str, *names: str) -> Iterator[None]:
    """Let rows in that a CHECK would stop, as a fault of the database or an old schema might."""
    if connection.vendor == "postgresql":
        run("SET CONSTRAINTS ALL IMMEDIATE")
        for name in names:
            run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        yield
        return
    on, off = {
        "sqlite": ("PRAGMA ignore_check_constraints = 1", "PRAGMA ignore_check_constraints = 0"),
        "mysql": ("SET check_constraint_checks = 0", "SET check_constraint_checks = 1"),
    }[connection.vendor]
    run(on)
    try:
        yield
    finally:
        run(off)


def test_all_laws_hold_of_what_the_program_writes(world):
    assert broken() == {}


def test_all_laws_hold_of_an_empty_database():
    assert broken() == {}


PLAIN_BREAKS = [
    ("on-hand-is-movements", "UPDATE balance SET on_hand = on_hand + 1"),
    ("on-hand-is-movements", "DELETE FROM movement"),
    ("reserved-is-allocations", "UPDATE balance SET reserved = reserved - 1 WHERE reserved > 0"),
    ("reserved-is-allocations", "UPDATE allocation SET state = 'released'"),
    (
        "cancelled-is-released",
        "UPDATE sales_order SET category = 'cancelled', state = 'cancelled' WHERE id = {waiting}",
    ),
    (
        "reservation-has-living-order",
        "UPDATE sales_order SET category = 'closed', state = 'closed' WHERE id = {waiting}",
    ),
    ("reservation-has-living-order", "DELETE FROM sales_order WHERE id = {waiting}"),
    ("allocation-within-line", "UPDATE allocation SET quantity = quantity + 5"),
    (
        "order-is-its-lines",
        "UPDATE sales_order SET goods_minor = goods_minor + 1, total_minor = total_minor + 1",
    ),
    (
        "order-is-its-lines",
        "UPDATE order_line SET tax_minor = tax_minor + 1, total_minor = total_minor + 1",
    ),
    ("order-is-its-lines", "DELETE FROM order_line WHERE order_id = {waiting}"),
    (
        "line-has-order-instant",
        "UPDATE order_line SET placed_at = '2020-01-01 00:00:00' WHERE order_id = {waiting}",
    ),
    ("units-are-lines", "UPDATE sales_order SET units = units + 1"),
    ("units-are-lines", "UPDATE sales_order SET units_delivered = 0 WHERE id = {done}"),
    ("units-are-lines", "UPDATE sales_order SET line_count = 9 WHERE id = {done}"),
    ("shipped-is-shipments", "UPDATE shipment_line SET quantity = quantity + 1"),
    ("shipped-is-shipments", "DELETE FROM shipment_line"),
    ("key-answers-for-something", "UPDATE idempotency_key SET subject_id = {nobody}"),
    ("holds-are-counted", "UPDATE sales_order SET open_holds = 1 WHERE id = {waiting}"),
    ("money-is-ledger", "UPDATE sales_order SET captured_minor = captured_minor + 1"),
    ("money-is-ledger", "DELETE FROM ledger_entry"),
    ("money-is-ledger", "UPDATE ledger_entry SET amount_minor = amount_minor + 1"),
    ("ledger-in-order-currency", "UPDATE ledger_entry SET currency = 'EUR'"),
    ("ledger-in-order-currency", "UPDATE ledger_entry SET kind = 'gift'"),
    (
        "cancelled-owes-refund",
        "UPDATE sales_order SET category = 'cancelled', state = 'cancelled' WHERE id = {keyed}",
    ),
    ("state-of-order-type", "UPDATE sales_order SET state = 'lost' WHERE id = {done}"),
    ("state-of-order-type", "UPDATE sales_order SET category = 'draft' WHERE id = {done}"),
    ("state-of-order-type", "UPDATE sales_order SET type_version = 9 WHERE id = {done}"),
    ("counters-count-orders", "UPDATE counter SET count = count + 1"),
    ("counters-count-orders", "UPDATE counter SET amount = amount - 1"),
    ("counters-count-orders", "DELETE FROM counter"),
    ("event-for-every-version", "UPDATE sales_order SET version = 2 WHERE id = {waiting}"),
    ("event-for-every-version", "DELETE FROM event WHERE subject_id = {waiting}"),
    ("event-for-every-version", "UPDATE event SET seq = 2 WHERE subject_id = {waiting}"),
    ("order-has-last-hash", "UPDATE sales_order SET event_hash = 'x' WHERE id = {waiting}"),
    ("event-has-order", "DELETE FROM sales_order WHERE id = {gone}"),
    ("chain-of-hashes", "UPDATE event SET actor = 'somebody else' WHERE subject_id = {waiting}"),
    (
        "chain-of-hashes",
        "UPDATE event SET payload = REPLACE(payload, '64.00', '1.00') WHERE subject_id = {keyed}",
    ),
    (
        "listed-transitions-only",
        """UPDATE event SET payload = REPLACE(payload, '_to":"awaiting_payment', '_to":"open')
        WHERE subject_id = {waiting}""",
    ),
    ("listed-transitions-only", "UPDATE event SET payload = 'rubbish' WHERE subject_id = {done}"),
    ("listed-transitions-only", "UPDATE sales_order SET state = 'closed' WHERE id = {done}"),
]


@pytest.mark.parametrize(("law", "sql"), PLAIN_BREAKS)
def test_a_broken_law_is_named(world, law, sql):
    names = {name: f"'{value}'" for name, value in world.items()} | {"nobody": f"'{NOBODY}'"}
    assert run(sql.format(**names).replace("%", "%%")) >= 1
    verdict = broken()[law]
    assert verdict.count >= 1
    assert len(verdict.rows) == min(verdict.count, SHOWN_MAX)


CONSTRAINED_BREAKS = [
    (
        "never-oversold",
        "balance",
        ["balance_never_oversold"],
        "UPDATE balance SET reserved = on_hand + 1",
    ),
    (
        "never-oversold",
        "balance",
        ["balance_never_oversold"],
        "UPDATE balance SET on_hand = -1, reserved = -1",
    ),
    (
        "order-adds-up",
        "sales_order",
        ["order_adds_up"],
        "UPDATE sales_order SET total_minor = total_minor + 1",
    ),
    (
        "line-adds-up",
        "order_line",
        ["order_line_adds_up"],
        "UPDATE order_line SET shipping_minor = -1",
    ),
    (
        "line-within-quantity",
        "order_line",
        ["order_line_within_quantity"],
        "UPDATE order_line SET shipped = quantity + 1",
    ),
    (
        "refund-within-capture",
        "sales_order",
        ["order_refund_within_capture"],
        "UPDATE sales_order SET refunded_minor = captured_minor + 1",
    ),
]


@pytest.mark.parametrize(("law", "table", "constraints", "sql"), CONSTRAINED_BREAKS)
def test_a_law_that_the_database_holds_too_is_named(world, law, table, constraints, sql):
    with constraints_ignored(table, *constraints):
        assert run(sql) >= 1
        assert law in broken()


@contextlib.contextmanager
def without_unique(model: type[models.Model], name: str) -> Iterator[None]:
    """Take a unique key away for a while; the rows go before it comes back."""
    all_of_them = model._meta.constraints
    unique = next(constraint for constraint in all_of_them if constraint.name == name)
    model._meta.constraints = [one for one in all_of_them if one is not unique]
    try:
        with connection.schema_editor() as editor:
            editor.remove_constraint(model, unique)
        yield
    finally:
        run(f"DELETE FROM {model._meta.db_table}")
        model._meta.constraints = all_of_them
        with connection.schema_editor() as editor:
            editor.add_constraint(model, unique)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("law", "model", "constraint", "change"),
    [
        ("external-number-once", Order, "order_external", "external_no = 'T-1'"),
        ("order-number-once", Order, "order_number", "order_no = 'LD1'"),
        ("key-answers-once", IdempotencyKey, "idempotency_name_scope", "name = 'key-1'"),
    ],
)
def test_what_is_there_twice_is_named(world, law, model, constraint, change):
    second = a_request(("TEE-RED-M", 1))
    some_orders(Placing(second.order, second.actor, once=Once("test", "key-2", "f" * 64)))
    with without_unique(model, constraint):
        assert run(f"UPDATE {model._meta.db_table} SET {change}") >= 2
        (row,) = broken()[law].rows
        assert max(value for value in row.values() if isinstance(value, int)) >= 2


def _pointer_columns() -> list[tuple[str, str]]:
    names = {law.name for law in pointer_laws()}
    found = [
        (model._meta.db_table, field.column)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if f"no-orphan-{model._meta.db_table}-{field.column}".replace("_", "-") in names
    ]
    assert len(found) == len(names) > 20
    return found


@pytest.mark.parametrize(("table", "column"), _pointer_columns())
def test_an_orphan_is_named(world, table, column):
    fill(table, world)
    law = f"no-orphan-{table}-{column}".replace("_", "-")
    assert law not in broken()
    # One row only: several could meet a unique key.
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT MIN(CAST(id AS CHAR(36))) FROM {table}")
        (first,) = cursor.fetchone()
    assert run(f"UPDATE {table} SET {column} = %s WHERE id = %s", NOBODY, first) == 1
    verdict = broken()[law]
    assert verdict.count == 1
    assert verdict.rows[0] == {table: first, column: NOBODY}


def test_more_offenders_than_are_shown_are_counted(world):
    some_orders(*[a_request(("TEE-RED-M", 1)) for _ in range(SHOWN_MAX + 4)])
    run("UPDATE sales_order SET units = units + 1")
    verdict = broken()["units-are-lines"]
    assert verdict.count == SHOWN_MAX + 8
    assert len(verdict.rows) == SHOWN_MAX


def test_one_changed_event_is_one_broken_link(world):
    """The walk goes on from what is written, page by page, subjects split over pages or not."""
    run("UPDATE event SET at = %s WHERE subject_id = %s",
        (NOON + timedelta(days=1)).replace(tzinfo=None), world["keyed"])  # fmt: skip
    verdict = broken()["chain-of-hashes"]
    assert verdict.rows == ({"subject_id": world["keyed"], "seq": 1, "type": "order.placed"},)


def test_the_walk_crosses_pages(world, monkeypatch):
    monkeypatch.setattr("laidan.insights.laws.history.PAGE", 1)
    assert broken() == {}


def test_fast_leaves_out_what_reads_every_event(world):
    fast = {law.name for law in checker.all_laws(fast=True)}
    slow = {law.name for law in checker.all_laws()} - fast
    assert slow == {
        "chain-of-hashes", "listed-transitions-only", "operation-chains", "sealed-days",
        "file-has-content", "stream-in-order",
    }  # fmt: skip
