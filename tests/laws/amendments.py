"""Requests to amend the orders of `advances`, most of which make sense."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from laidan.domain.orders.models import OrderLine
from laidan.engine.idempotency import Once
from laidan.kernel.actor import SYSTEM
from laidan.usecases.transition_requests import Amend, AmendOrder
from laws.advances import STAFF
from laws.worlds import customers

skus = st.sampled_from(["TEE", "CUP", "SET", "LATE", "NEW", "TEA", "CODE", "NOTHING"])
some_lines = st.fixed_dictionaries(
    {},
    optional={
        "add": st.lists(
            st.fixed_dictionaries({"sku": skus, "quantity": st.integers(1, 3)}), max_size=2
        ),
        "change": st.lists(
            st.fixed_dictionaries(
                {"line": st.integers(1, 3)},
                optional={
                    "quantity": st.sampled_from([0, 1, 2, 4]),
                    "unit_price": st.sampled_from(["1.00", "64.00"]),
                    "discount": st.sampled_from(["0.00", "0.50", "9999.00"]),
                },
            ),
            max_size=2,
        ),
        "remove": st.lists(st.integers(1, 3), max_size=1),
    },
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "seller_note": st.sampled_from(["", "fragile", ',"order":']),
        "priority": st.sampled_from(["normal", "high", "odd"]),
        "tags": st.sampled_from([[], ["gift"], ["gift", "vip"], ["vip", "vip"]]),
        "fields": st.sampled_from([{}, {"wanted_by": "2026-12-24"}]),
        "customer": customers.map(msgspec.to_builtins),
        "ship_to": st.sampled_from([None, {"name": "李", "phone": "13900139000"}]),
        "discount": st.sampled_from(["0", "1.00", "99999.00"]),
        "shipping_fee": st.sampled_from(["0", "10.00", "-1.00"]),
        "lines": some_lines,
    },
)


@st.composite
def amend_batches(draw: Any, size: int = 6) -> list[tuple[str, dict[str, Any], Any]]:
    """A batch as (external number, changes, what is common); lines are named by their numbers."""
    known = [f"O-{n}" for n in range(9)]
    meant = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True))
    return [
        (
            draw(st.sampled_from([*meant * 4, "O-99"])),
            draw(changes),
            (
                draw(st.sampled_from([SYSTEM, SYSTEM, STAFF])),
                draw(st.sampled_from([None] * 6 + [1, 2])),
                draw(st.sampled_from([None, f"amend-{number}"])),
            ),
        )
        for number in range(draw(st.integers(1, size)))
    ]


def meant_amends(drawn: list[Any], ids: dict[str, str]) -> list[Amend]:
    """Put the ids of orders and lines in."""
    lines = {
        (order_id, line_no): id_
        for id_, order_id, line_no in OrderLine.objects.values_list("id", "order_id", "line_no")
    }
    found = []
    for number, (name, wanted, (actor, version, key)) in enumerate(drawn):
        order = ids.get(name, name)
        put = dict(wanted)
        if "lines" in put:
            put["lines"] = dict(put["lines"])
            for part in ("change", "remove"):
                put["lines"][part] = [
                    {**one, "line": lines.get((order, one["line"]), "none")}
                    if part == "change"
                    else lines.get((order, one), "none")
                    for one in put["lines"].get(part, [])
                ]
        once = Once("test", key, f"{number:064}") if key else None
        found.append(Amend(order, msgspec.convert(put, AmendOrder), actor, version, once))
    return found
