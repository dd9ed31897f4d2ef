"""Laws of standing: every state belongs to its order type, every counter counts what is there."""

from __future__ import annotations

from collections.abc import Iterator

from laidan.blueprints import library
from laidan.engine import epochs, reading_sql
from laidan.engine.counters import order_counter
from laidan.insights.laws.law import Law, Offence, by_python


def _strange_states() -> Iterator[Offence]:
    """Yield the groups of orders whose state or category their order type does not know."""
    groups = reading_sql.rows(
        "SELECT type, type_version, state, category, COUNT(*) FROM sales_order "
        "GROUP BY type, type_version, state, category"
    )
    keys = {(row[0], row[1]) for row in groups}
    blueprints = library.load_blueprints(keys, epochs.read()) if keys else {}
    for type_, version, state, category, count in groups:
        blueprint = blueprints.get((type_, version))
        known = blueprint.states.get(state) if blueprint else None
        if known is None or known.category != category:
            yield {
                "type": type_,
                "version": version,
                "state": state,
                "category": category,
                "orders": count,
            }


def _wrong_counters() -> Iterator[Offence]:
    """Yield the counters that differ from their orders; one statement reads both."""
    counted: dict[str, tuple[int, int]] = {}
    real: dict[str, tuple[int, int]] = {}
    for name, type_, state, currency, count, amount in reading_sql.rows(
        "SELECT c.name, '', '', '', SUM(c.count), SUM(c.amount) FROM counter c "
        "WHERE c.name LIKE 'orders|%%' GROUP BY c.name "
        "UNION ALL SELECT CAST(shop_id AS CHAR(36)), type, state, currency, COUNT(*), "
        "SUM(total_minor) FROM sales_order GROUP BY shop_id, type, state, currency"
    ):
        figures = (int(count), int(amount))
        if type_:
            real[order_counter(name, type_, state, currency)] = figures
        else:
            counted[name] = figures
    for name in sorted(counted.keys() | real.keys()):
        left, right = counted.get(name, (0, 0)), real.get(name, (0, 0))
        if left != right:
            yield {
                "counter": name,
                "count": left[0],
                "orders": right[0],
                "amount": left[1],
                "orders_amount": right[1],
            }


LAWS: tuple[Law, ...] = (
    by_python(
        "state-of-order-type",
        "Every order is in a state of its order type's version, with that state's category.",
        _strange_states,
    ),
    by_python(
        "counters-count-orders",
        "The counters of the board are the number and total of the orders in each state.",
        _wrong_counters,
    ),
)
