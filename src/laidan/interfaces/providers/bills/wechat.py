"""WeChat Pay's bills: of trades (交易账单) and of what moved the balance (资金账单).

A back quote begins every value, so that spreadsheets keep long numbers; two lines of sums end it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from laidan.domain.settlement import core
from laidan.domain.settlement.core import BillFault, BillLine, Found, Summary
from laidan.interfaces.providers.bills.lines import (
    Cells,
    Numbered,
    Reading,
    Row,
    UnfitLineError,
    by_header,
    column,
    currency_of,
    guarded,
    instant,
    minor,
)

_TRADE_SUMS = "总交易单数"
_FUND_SUMS = "资金流水总笔数"
_FUND_KINDS = {
    "交易": core.CAPTURE, "退款": core.REFUND, "提现": core.PAYOUT,
    "扣除交易手续费": core.FEE, "交易手续费": core.FEE, "手续费": core.FEE,
    "退还交易手续费": core.FEE, "手续费返还": core.FEE,
}  # fmt: skip


def read(lines: Iterable[Numbered], reading: Reading) -> Iterator[Found]:
    """Yield what is in a bill of WeChat Pay's, in the order of the file."""
    header: list[str] = []
    sums: list[str] = []
    is_ended = False
    for number, text in lines:
        if not text.strip():
            continue
        cells = split(text)
        if not header:
            header = cells
        elif cells[0] in (_TRADE_SUMS, _FUND_SUMS):
            sums = cells
        elif sums:
            yield from guarded(number, _summary, (sums, cells), reading)
            is_ended = True
        else:
            yield from guarded(number, _line, number, (header, cells), reading)
    if not header:
        yield BillFault(0, "no-header", "the bill has no line that names its columns")
    elif not is_ended:
        yield BillFault(0, "cut-off", "the bill has no sums at its end: a part of it is missing")


def split(text: str) -> list[str]:
    """Return the values of a line; a comma within a value does not end it.

    >>> split("`a,`b, c,`d")
    ['a', 'b, c', 'd']
    """
    text = text.strip().removeprefix("\ufeff")
    if text.startswith("`"):
        return [one.strip() for one in text[1:].split(",`")]
    return [one.strip() for one in text.split(",")]


def _summary(table: Row, reading: Reading) -> Summary:
    cells = by_header(*table)

    def money(*names: str) -> int | None:
        text = column(cells, *names)
        return minor(text, reading.currency) if text else None

    count = column(cells, _TRADE_SUMS, _FUND_SUMS)
    lines = int(count) if count.isdecimal() else None
    if _FUND_SUMS in cells:
        return Summary(lines=lines)
    return Summary(
        lines,
        money("订单总金额", "应结订单总金额", "总交易额"),
        money("申请退款总金额", "退款总金额", "总退款金额"),
        money("手续费总金额"),
    )


def _line(number: int, table: Row, reading: Reading) -> BillLine:
    cells = by_header(*table)
    if "资金流水单号" in cells:
        return _fund(number, cells, reading)
    return _trade(number, cells, reading)


def _trade(number: int, cells: Cells, reading: Reading) -> BillLine:
    merchant = column(cells, "商户号")
    if reading.merchant and merchant and merchant != reading.merchant:
        reason = f"the line is of the merchant {merchant[:20]}, the account of {reading.merchant}"
        raise UnfitLineError("other-merchant", reason)
    state = column(cells, "交易状态")
    currency = currency_of(column(cells, "货币种类"), reading.currency)
    fee = minor(column(cells, "手续费"), currency)
    if state == "SUCCESS":
        amount = minor(column(cells, "订单金额", "应结订单金额", "总金额"), currency)
        reference, ours = column(cells, "微信订单号"), column(cells, "商户订单号")
        at, kind = instant(column(cells, "交易时间"), reading.zone), core.CAPTURE
    elif state in ("REFUND", "REVOKED"):
        amount = minor(column(cells, "申请退款金额", "退款金额"), currency)
        reference, ours = column(cells, "微信退款单号"), column(cells, "商户退款单号")
        at = instant(column(cells, "退款成功时间", "交易时间"), reading.zone)
        kind = core.REFUND
    else:
        raise UnfitLineError("unknown-trade", f"交易状态 {state[:20]!r} is not known")
    key = f"{core.TRADE}:{kind}:{reference}"
    return BillLine(
        number, core.TRADE, kind, key, ours, reference, abs(amount), currency, fee, currency, at
    )


def _fund(number: int, cells: Cells, reading: Reading) -> BillLine:
    currency = reading.currency
    amount = minor(column(cells, "收支金额（元）", "收支金额(元)", "收支金额"), currency)
    is_income = column(cells, "收支类型") == "收入"
    word = column(cells, "业务名称")
    kind = _FUND_KINDS.get(word, core.OTHER)
    signed = amount if is_income else -amount
    if kind in core.MATCHED:
        signed = amount
    elif kind in (core.FEE, core.PAYOUT):
        # What the provider kept or paid out is positive there.
        signed = -signed
    return BillLine(
        number, core.FUNDS, kind, f"{core.FUNDS}:{kind}:{column(cells, '资金流水单号')}",
        column(cells, "业务凭证号"), column(cells, "微信支付业务单号"), signed, currency, 0,
        currency, instant(column(cells, "记账时间"), reading.zone),
    )  # fmt: skip
