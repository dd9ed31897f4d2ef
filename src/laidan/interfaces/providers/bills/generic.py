"""Bills of no known provider: a table whose columns are named by the account, or name themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from laidan.domain.settlement import core
from laidan.domain.settlement.core import BillFault, BillLine, Found
from laidan.interfaces.providers.bills.lines import (
    Reading,
    Told,
    UnfitLineError,
    currency_of,
    guarded,
    instant,
    minor,
)

FIELDS = {
    "at": ("at", "time", "date", "created", "时间", "交易时间", "日期"),
    "kind": ("kind", "type", "类型", "业务类型", "交易类型"),
    "number": ("number", "order", "merchant order", "商户订单号", "订单号"),
    "refund_number": ("refund_number", "merchant refund", "商户退款单号", "退款单号"),
    "reference": ("reference", "transaction", "transaction id", "交易号", "流水号"),
    "amount": ("amount", "gross", "金额", "交易金额"),
    "fee": ("fee", "手续费", "服务费"),
    "currency": ("currency", "币种", "货币"),
    "key": ("key", "id", "序号"),
}
"""The fields of a line, and the names of columns that are understood without a map."""
NEEDED = ("at", "amount")
KIND_WORDS = {
    "capture": core.CAPTURE, "payment": core.CAPTURE, "sale": core.CAPTURE, "charge": core.CAPTURE,
    "收款": core.CAPTURE, "交易": core.CAPTURE, "支付": core.CAPTURE, "消费": core.CAPTURE,
    "refund": core.REFUND, "退款": core.REFUND, "fee": core.FEE, "手续费": core.FEE,
    "payout": core.PAYOUT, "提现": core.PAYOUT, "结算": core.PAYOUT, "other": core.OTHER,
}  # fmt: skip


def columns_of(header: Sequence[str], column_map: Mapping[str, str]) -> dict[str, str]:
    """Return the column of each field that a header has."""
    by_name = {name.strip().lower(): name for name in header}
    found = {}
    for field, names in FIELDS.items():
        wanted = (column_map[field],) if column_map.get(field) else names
        hit = next((by_name[one.lower()] for one in wanted if one.lower() in by_name), None)
        if hit is not None:
            found[field] = hit
    return found


def read(header: Sequence[str], rows: Iterable[Told], reading: Reading) -> Iterator[Found]:
    """Yield what is in a table; its columns are told once."""
    columns = columns_of(header, reading.column_map)
    lacking = [one for one in NEEDED if one not in columns]
    if not {"number", "reference", "key"} & columns.keys():
        lacking.append("reference")
    if lacking:
        reason = f"no column for {', '.join(lacking)}; name the columns in the account's rules"
        yield BillFault(0, "no-columns", reason)
        return
    for row in rows:
        if isinstance(row, BillFault):
            yield row
            continue
        number, cells = row
        told = {field: cells.get(name, "").strip() for field, name in columns.items()}
        yield from guarded(number, _line, number, told, reading)


def _line(number: int, told: Mapping[str, str], reading: Reading) -> BillLine:
    currency = currency_of(told.get("currency", ""), reading.currency)
    amount = minor(told["amount"], currency)
    word = told.get("kind", "").lower()
    kind = KIND_WORDS.get(word)
    if kind is None:
        if word:
            raise UnfitLineError("unknown-trade", f"the kind {word[:20]!r} is not known")
        kind = core.REFUND if amount < 0 else core.CAPTURE
    ours = told.get("number", "")
    if kind == core.REFUND:
        ours = told.get("refund_number", "") or ours
    reference = told.get("reference", "")
    key = told.get("key") or reference or ours
    matched = kind in core.MATCHED
    return BillLine(
        number, core.TRADE, kind, f"{core.TRADE}:{kind}:{key}", ours, reference,
        abs(amount) if matched else amount, currency, minor(told.get("fee", ""), currency),
        currency, instant(told["at"], reading.zone),
    )  # fmt: skip
