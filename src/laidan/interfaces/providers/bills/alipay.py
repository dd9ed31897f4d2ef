"""Alipay's bills: of trades (业务明细) and of what moved the balance (账务明细).

Lines that begin with # are remarks: who and when above, sums below. Cells end with tabs.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from laidan.domain.settlement import core
from laidan.domain.settlement.core import BillFault, BillLine, Found, Period
from laidan.interfaces.providers.bills.lines import (
    Cells,
    Numbered,
    Reading,
    Row,
    UnfitLineError,
    by_header,
    column,
    guarded,
    instant,
    minor,
)

_TIME = r"(\d{4})年(\d{2})月(\d{2})日 (\d{2}:\d{2}:\d{2})"
_PERIOD = re.compile(rf"起始日期：\[{_TIME}\].*?终止日期：\[{_TIME}\]")
_ACCOUNT = re.compile(r"账号：\[(\d+)\]")
_TRADES = re.compile(r"(交易|退款)合计：(\d+)笔，商家实收(?:退款)?共(-?[\d,.]+)元")
_FUNDS = re.compile(r"(支出|收入)合计：(\d+)笔，共(-?[\d,.]+)元")
_CURRENCY = "CNY"
_FUND_KINDS = {
    "在线支付": core.CAPTURE, "交易付款": core.CAPTURE, "交易": core.CAPTURE,
    "交易退款": core.REFUND, "退款": core.REFUND, "退款（交易退款）": core.REFUND,
    "收费": core.FEE, "服务费": core.FEE, "交易服务费": core.FEE, "退费": core.FEE,
    "提现": core.PAYOUT, "转账": core.PAYOUT,
}  # fmt: skip


@dataclass(slots=True)
class _Sums:
    """What the merchant got by the lines read, beside what the remarks below say."""

    counts: dict[str, int]
    totals: dict[str, int]

    def add(self, word: str, amount: int) -> None:
        """Count a line."""
        self.counts[word] = self.counts.get(word, 0) + 1
        self.totals[word] = self.totals.get(word, 0) + amount


def read(lines: Iterable[Numbered], reading: Reading) -> Iterator[Found]:
    """Yield what is in a bill of Alipay's, in the order of the file."""
    header: list[str] = []
    sums = _Sums({}, {})
    for number, text in lines:
        if text.lstrip().startswith("#"):
            yield from _remark(number, text, reading, sums)
            continue
        cells = [cell.strip() for cell in next(csv.reader([text]), [])]
        if not any(cells):
            continue
        if not header:
            header = cells
            continue
        yield from guarded(number, _line, number, (header, cells), reading, sums)
    if not header:
        yield BillFault(0, "no-header", "the bill has no line that names its columns")


def _remark(number: int, text: str, reading: Reading, sums: _Sums) -> Iterator[Found]:
    account = _ACCOUNT.search(text)
    if account and reading.merchant and not account[1].startswith(reading.merchant):
        reason = f"the bill is of the merchant {account[1]}, the account of {reading.merchant}"
        yield BillFault(0, "other-merchant", reason)
    period = _PERIOD.search(text)
    if period:
        yield from _period(period)
    trades = _TRADES.search(text) or _FUNDS.search(text)
    if trades:
        word, count, total = trades.groups()
        found = sums.counts.get(word, 0), sums.totals.get(word, 0)
        said = int(count), minor(total, _CURRENCY)
        if said != found:
            reason = f"{word}合计: the bill says {said[0]} and {said[1]}, its lines come to {found[0]} and {found[1]}"
            yield BillFault(number, "summary-differs", f"{reason} (minor units)")


def _period(match: re.Match[str]) -> Iterator[Period]:
    parts = match.groups()
    first, last = (date(int(p[0]), int(p[1]), int(p[2])) for p in (parts[:3], parts[4:7]))
    if parts[7] == "00:00:00" and last > first:
        # The end of the span is the first moment that is not in it.
        last -= timedelta(days=1)
    yield Period(first, last)


def _line(number: int, table: Row, reading: Reading, sums: _Sums) -> BillLine:
    cells = by_header(*table)
    if "账务流水号" in cells:
        return _fund(number, cells, reading, sums)
    return _trade(number, cells, reading, sums)


def _trade(number: int, cells: Cells, reading: Reading, sums: _Sums) -> BillLine:
    word = column(cells, "业务类型")
    is_refund = "退款" in word
    if not is_refund and "交易" not in word:
        raise UnfitLineError("unknown-trade", f"业务类型 {word[:20]!r} is not known")
    amount = abs(minor(column(cells, "订单金额（元）"), _CURRENCY))
    received = minor(column(cells, "商家实收（元）"), _CURRENCY)
    fee = abs(minor(column(cells, "服务费（元）"), _CURRENCY))
    at = _at(cells, reading, "完成时间", "创建时间")
    trade, asked = column(cells, "支付宝交易号"), column(cells, "退款批次号/请求号")
    sums.add("退款" if is_refund else "交易", received)
    kind = core.REFUND if is_refund else core.CAPTURE
    key = f"{core.TRADE}:{kind}:{trade}{f'/{asked}' if is_refund else ''}"
    return BillLine(
        number, core.TRADE, kind, key, asked if is_refund else column(cells, "商户订单号"), trade,
        amount, _CURRENCY, -fee if is_refund else fee, _CURRENCY, at,
    )  # fmt: skip


def _fund(number: int, cells: Cells, reading: Reading, sums: _Sums) -> BillLine:
    word = column(cells, "业务类型")
    income = minor(column(cells, "收入金额（+元）", "收入金额（元）"), _CURRENCY)
    spent = minor(column(cells, "支出金额（-元）", "支出金额（元）"), _CURRENCY)
    kind = _FUND_KINDS.get(word, core.OTHER)
    moved = income - abs(spent)
    sums.add("收入" if income else "支出", income or -abs(spent))
    amount = -moved if kind in (core.FEE, core.PAYOUT) else moved
    if kind in core.MATCHED:
        amount = abs(moved)
    named = column(cells, "商户订单号")
    return BillLine(
        number, core.FUNDS, kind, f"{core.FUNDS}:{kind}:{column(cells, '账务流水号')}",
        "" if kind == core.REFUND else named, column(cells, "业务流水号"), amount, _CURRENCY, 0,
        _CURRENCY, _at(cells, reading, "发生时间", "入账时间"),
    )  # fmt: skip


def _at(cells: Cells, reading: Reading, *names: str) -> datetime:
    return instant(column(cells, *names), reading.zone)
