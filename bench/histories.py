"""Import real histories and compare the API's figures with the known ones: `python -m bench.histories`.

The database is that of LAIDAN_DATABASE_URL and has to be empty; the histories lie in `--data` with
a truth_*.json each. Every figure is asked of `GET /figures`, `/board` and `/orders`.
"""

import argparse
import contextlib
import io
import json
import os
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import django

from bench.asking import Asking, caller

Truth = Mapping[str, Any]
CENT = Decimal("0.01")


class Compared(NamedTuple):
    """A figure: what the API told, and what is known."""

    what: str
    told: Any
    known: Any

    @property
    def agrees(self) -> bool:
        """Whether both are the same."""
        return bool(self.told == self.known)


class History(NamedTuple):
    """A file (or folder) of orders, the shop that it goes to, its truth and what is compared."""

    path: str
    shop: str
    truth: str
    compare: Callable[["Told", Truth], Iterator[Compared]]


class Told:
    """What the API tells of one shop."""

    def __init__(self, ask: Asking, shop: str) -> None:
        self._ask, self._shop = ask, shop

    def total(self, **filters: Any) -> Any:
        """Return the totals of the shop's orders, which have one currency."""
        (only,) = self._ask("/figures", {"shop": self._shop, **filters})["totals"]
        return only

    def by(self, by: str, **filters: Any) -> dict[str, Any]:
        """Return all parts by key."""
        asked = {"shop": self._shop, "by": by, "limit": 1000, **filters}
        return {one["key"]: one for one in self._ask("/figures", asked)["items"]}

    def top(self, sort: str, count: int, **filters: Any) -> list[Any]:
        """Return the first articles by a figure."""
        asked = {"shop": self._shop, "by": "sku", "sort": sort, "limit": count, **filters}
        return list(self._ask("/figures", asked)["items"])

    def board(self, **filters: Any) -> dict[str, Any]:
        """Return the board's columns by state, without those of other types."""
        states = self._ask("/board", {"shop": self._shop, **filters})["states"]
        return {one["state"]: one for one in states}

    def first(self, sort: str) -> Any:
        """Return the first order by a sort."""
        asked = {"shop": self._shop, "sort": sort, "limit": 1}
        return self._ask("/orders", asked)["items"][0]


def cents(text: str) -> Decimal:
    """Return a figure of the truth, whose thousandths the ledger cannot have."""
    return Decimal(text).quantize(CENT)


def online_retail(told: Told, known: Truth) -> Iterator[Compared]:
    """Yield sales and credit notes of the giftware shop."""
    sold = {"type": "retail", "min_total": "0.01"}
    sales, notes = told.total(**sold), told.total(type="credit_note")
    yield Compared("sale invoices", sales["orders"], known["invoices_sale"])
    yield Compared("gross", Decimal(sales["amount"]), cents(known["gross"]))
    yield Compared("average sale", sales["average_amount"], known["aov"])
    yield Compared("credit notes", notes["orders"], known["invoices_cancel"])
    yield Compared("credited", -Decimal(notes["amount"]), cents(known["cancelled"]))
    net = Decimal(sales["amount"]) - Decimal(notes["amount"])
    yield Compared("net", net, cents(known["net_gross_plus_cancelled"]))
    yield Compared("buyers", sales["buyers"], known["customers_with_sale"])
    yield Compared("repeat buyers", sales["repeat_buyers"], known["customers_repeat"])
    yield Compared("repeat rate", sales["repeat_rate"], known["repeat_rate"])
    gross, credited = told.by("month", **sold), told.by("month", type="credit_note")
    yield Compared("months", sorted(gross), sorted(known["by_month"]))
    for month, row in known["by_month"].items():
        yield Compared(
            f"{month}: gross, invoices, credited, notes",
            (Decimal(gross[month]["amount"]), gross[month]["orders"],
             -Decimal(credited[month]["amount"]), credited[month]["orders"]),
            (cents(row["gross"]), row["sale_invoices"], cents(row["cancelled"]),
             row["cancel_invoices"]),
        )  # fmt: skip
    countries = _countries()
    found = {key: Decimal(one["amount"]) for key, one in told.by("country", **sold).items()}
    expected = {
        countries.get(name, name): cents(amount)
        for name, amount in known["gross_by_country"].items()
    }
    yield Compared("gross by country", found, expected)
    units = sorted(
        (
            (-(one["units"] - one["free_units"]), one["key"])
            for one in told.top("-units", 30, **sold)
        ),
    )[:10]
    yield Compared("units", [[sku, -count] for count, sku in units], known["top10_sku_units"])
    revenue = [[one["key"], Decimal(one["goods"])] for one in told.top("-amount", 10, **sold)]
    yield Compared(
        "revenue", revenue, [[sku, cents(amount)] for sku, amount in known["top10_sku_revenue"]]
    )


def _countries() -> dict[str, str]:
    """Return the codes that the preset gives to the file's countries."""
    source = resources.files("laidan.interfaces.files.presets") / "online-retail.toml"
    values = tomllib.loads(source.read_text(encoding="utf-8"))["values"]["country"]
    return {name: code for name, code in values.items() if code}


def tmall(told: Told, known: Truth) -> Iterator[Compared]:
    """Yield orders, money and places of a Tmall shop's month."""
    total = told.total()
    yield Compared("orders", total["orders"], known["orders"])
    yield Compared("paid orders", total["paid_orders"], known["paid_orders"])
    share = (Decimal(total["paid_orders"]) / total["orders"]).quantize(Decimal("0.000001"))
    yield Compared("share paid", str(share), known["payment_conversion"])
    for name, truth in (
        ("amount", "total_amount_all_rows"), ("captured", "paid_orders_total_amount"),
        ("refunded", "refund_amount"), ("paid", "turnover_actual_paid"), ("average_paid", "aov"),
    ):  # fmt: skip
        yield Compared(name, Decimal(total[name]), Decimal(known[truth]))
    full = known["orders_fully_refunded_(refund=total)"]
    yield Compared("cancelled", total["cancelled_orders"], known["unpaid_orders"] + full)
    board = told.board(type="retail")
    counts = tuple(board[state]["count"] for state in ("cancelled", "closed"))
    kept = known["paid_orders"] - full
    yield Compared("board: cancelled, closed", counts, (known["unpaid_orders"] + full, kept))
    largest = Decimal(told.first("-total")["total"])
    yield Compared("largest order", largest, Decimal(known["max_order_total"]))
    for by, truth in (("day", "by_day"), ("province", "by_province")):
        parts = told.by(by)
        yield Compared(
            f"by {by}: orders, turnover, refunds",
            {
                key: (one["orders"], Decimal(one["paid"]), Decimal(one["refunded"]))
                for key, one in parts.items()
            },
            {
                key: (row["orders"], Decimal(row["turnover"]), Decimal(row["refunds"]))
                for key, row in known[truth].items()
            },
        )
    hours = {key: one["orders"] for key, one in told.by("hour").items()}
    yield Compared("by hour: orders", hours, known["orders_by_hour_of_creation"])


def olist(told: Told, known: Truth) -> Iterator[Compared]:
    """Yield orders, payments and freight of a sample of the Brazilian market place."""
    total = told.total()
    yield Compared("orders", total["orders"], known["orders"])
    yield Compared("captured", Decimal(total["captured"]), Decimal(known["paid_in_orders"]))
    goods, freight = Decimal(total["goods"]), Decimal(total["amount"]) - Decimal(total["goods"])
    yield Compared("goods", goods, Decimal(known["items_price_sum_all"]))
    yield Compared("freight", freight, Decimal(known["freight_sum_all"]))
    average = (Decimal(total["captured"]) / total["orders"]).quantize(CENT)
    yield Compared("average paid", average, Decimal(known["aov"]))
    yield Compared("buyers", total["buyers"], known["customers_unique"])
    yield Compared("repeat buyers", total["repeat_buyers"], known["customers_repeat"])
    yield Compared("repeat rate", total["repeat_rate"], known["repeat_rate"])
    statuses, board = known["orders_by_status"], told.board(type="retail")
    yield Compared("board: closed", board["closed"]["count"], statuses["delivered"])
    gone = statuses["canceled"] + statuses["unavailable"]
    yield Compared("board: cancelled", board["cancelled"]["count"], gone)
    working = sum(statuses[one] for one in ("approved", "processing", "invoiced", "shipped"))
    yield Compared("board: open", board["open"]["count"], working)
    yield Compared("board: in review", board["in_review"]["count"], statuses["created"])
    yield Compared(
        "by month: orders, captured",
        {key: (one["orders"], Decimal(one["captured"])) for key, one in told.by("month").items()},
        {key: (row["orders"], Decimal(row["paid"])) for key, row in known["by_month"].items()},
    )
    units = sorted((-one["units"], one["key"]) for one in told.top("-units", 10))
    yield Compared(
        "units", [count for count, _ in units], [-one[1] for one in known["top10_products_units"]]
    )
    revenue = sorted((Decimal(one["goods"]) for one in told.top("-amount", 100)), reverse=True)
    yield Compared(
        "revenue", revenue[:10], [Decimal(one[1]) for one in known["top10_products_revenue"]]
    )


def superstore(told: Told, known: Truth) -> Iterator[Compared]:
    """Yield orders and buyers; amounts as near as each line's rounding to the cent lets them be."""
    total = told.total()
    for name, truth in (("orders", "orders"), ("units", "units"), ("buyers", "customers")):
        yield Compared(name, total[name], known[truth])
    yield Compared("repeat rate", total["repeat_rate"], known["repeat_rate"])
    yield Compared("average order", Decimal(total["average_amount"]), Decimal(known["aov"]))
    yield Compared(
        "sales, to a cent in 50 lines",
        abs(Decimal(total["amount"]) - Decimal(known["sales"])) <= known["rows"] * CENT / 50,
        known=True,
    )
    months = told.by("month")
    yield Compared(
        "by month: orders",
        {key: one["orders"] for key, one in months.items()},
        {key: row["orders"] for key, row in known["by_month"].items()},
    )
    off = max(
        abs(Decimal(months[key]["amount"]) - Decimal(row["sales"])) / row["orders"]
        for key, row in known["by_month"].items()
    )
    yield Compared("by month: sales, to a cent an order", off <= CENT, known=True)


HISTORIES = {
    "online_retail": History(
        "online_retail_by_day_2010-12_to_2011-06.tar.gz", "giftware", "online_retail_h1",
        online_retail,
    ),
    "tmall": History("tmall_order_report.csv", "tmall", "tmall", tmall),
    "olist": History("olist_sample", "olist", "olist_sample", olist),
    "superstore": History("superstore/superstore.csv", "superstore", "superstore", superstore),
}  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Import the histories, print each figure beside the known one; 1 when any differs."""
    parser = argparse.ArgumentParser(prog="bench.histories", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", default="", help="histories whose name holds this")
    chosen = parser.parse_args(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laidan.config.settings")
    django.setup()
    _run(["init"])
    ask, differ = caller(), 0
    for name, history in HISTORIES.items():
        if chosen.only not in name:
            continue
        begun = time.monotonic()
        path = chosen.data / "histories" / history.path
        _run(["import", "orders", str(path), "--history", "--create-missing", "--shop",
              history.shop])  # fmt: skip
        print(f"\n{name}: imported in {time.monotonic() - begun:.0f} s")
        truth = json.loads((chosen.data / f"truth_{history.truth}.json").read_text("utf-8"))
        begun = time.monotonic()
        for one in history.compare(Told(ask, history.shop), truth):
            differ += not one.agrees
            print(f"  {'same' if one.agrees else 'DIFFERS'}  {one.what}: {_brief(one.told)}")
            if not one.agrees:
                print(f"           known: {_brief(one.known)}")
        print(f"  asked in {time.monotonic() - begun:.1f} s")
    return 1 if differ else 0


def _run(words: Sequence[str]) -> None:
    from laidan.interfaces.cli.main import main as laidan

    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = laidan(words)
    if code:
        raise SystemExit(f"laidan {' '.join(words)}: {code}\n{said.getvalue()}")


def _brief(value: Any) -> str:
    if isinstance(value, dict):
        return f"{len(value)} parts, {', '.join(f'{k}: {_brief(v)}' for k, v in [*value.items()][:3])} …"
    if isinstance(value, list | tuple):
        return ", ".join(_brief(one) for one in value)
    return str(value)


if __name__ == "__main__":
    sys.exit(main())
