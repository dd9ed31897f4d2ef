"""Readers of bills: what each provider's layout says, line by line, and what is wrong with one."""

import gzip
import os
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import bills
from bills import Line
from laidan.domain.settlement.core import BillFault, BillLine, Period, Summary, Tally
from laidan.interfaces.files.faults import BadFileError
from laidan.interfaces.providers.bills.lines import Reading
from laidan.interfaces.providers.bills.opening import opened

AT = datetime(2026, 11, 22, 4, 0, 5, tzinfo=UTC)
READING = Reading(ZoneInfo("Asia/Shanghai"))
CAPTURE = Line("P1", "R1", 12_850, AT, fee=77)
REFUND = Line("F1", "Q1", 2850, AT, "refund", fee=-17, of="P1")


def read(
    tmp_path: Path, content: bytes, reading: Reading = READING
) -> tuple[str, list[Any], Tally]:
    path = tmp_path / "bill"
    path.write_bytes(content)
    found: list[Any] = []
    tally = Tally()
    layout = ""
    with opened(path, reading) as texts:
        for text in texts:
            layout = text.layout
            for one in text.found:
                found.append(one)
                tally.add(one)
    return layout, found, tally


def lines_of(found: list[Any]) -> list[BillLine]:
    return [one for one in found if isinstance(one, BillLine)]


@pytest.mark.parametrize(
    ("write", "layout"),
    [(bills.wechat, "wechat_pay"), (bills.alipay, "alipay"), (bills.stripe, "stripe"),
     (bills.generic, "table")],
)  # fmt: skip
def test_every_layout_says_the_same_of_a_capture_and_a_refund(
    tmp_path: Path, write: Callable[..., bytes], layout: str
) -> None:
    found_layout, found, tally = read(tmp_path, write([CAPTURE, REFUND]))
    assert found_layout == layout
    capture, refund = lines_of(found)
    assert (capture.kind, capture.number, capture.reference) == ("capture", "P1", "R1")
    assert (capture.amount_minor, capture.fee_minor, capture.currency) == (12_850, 77, "CNY")
    assert (refund.kind, refund.number, refund.reference) == ("refund", "F1", "Q1")
    assert (refund.amount_minor, refund.fee_minor) == (2850, -17)
    assert capture.at == refund.at == AT
    assert tally.sums() == Summary(2, 12_850, 2850, 60)
    assert tally.faults + tally.faults_of_summary() == []
    assert capture.key != refund.key


def test_alipay_names_the_days_that_its_bill_is_about(tmp_path: Path) -> None:
    _, found, _ = read(tmp_path, bills.alipay([CAPTURE]))
    day = datetime(2026, 11, 22, tzinfo=UTC).date()
    assert [one for one in found if isinstance(one, Period)] == [Period(day, day)]


def test_a_summary_that_differs_is_said(tmp_path: Path) -> None:
    _, _, tally = read(tmp_path, bills.wechat([CAPTURE], captured=99, count=2))
    assert tally.faults_of_summary() == [
        BillFault(0, "summary-lines", "the bill says 2, its lines come to 1"),
        BillFault(0, "summary-captured", "the bill says 99, its lines come to 12850"),
    ]
    whole = bills.alipay([CAPTURE, CAPTURE.but(reference="R2")])
    assert read(tmp_path, whole)[2].faults == []


def test_a_bill_that_is_cut_off_says_so(tmp_path: Path) -> None:
    whole = bills.wechat([CAPTURE])
    _, found, _ = read(tmp_path, whole[: whole.index("总交易单数".encode())])
    assert [one.code for one in found if isinstance(one, BillFault)] == ["cut-off"]


def test_a_bill_of_another_merchant_is_not_read(tmp_path: Path) -> None:
    other = Reading(ZoneInfo("Asia/Shanghai"), merchant="1900000999")
    _, found, _ = read(tmp_path, bills.wechat([CAPTURE]), other)
    assert [one.code for one in found if isinstance(one, BillFault)] == ["other-merchant"]
    assert lines_of(found) == []


def test_lines_that_cannot_be_read_stand_alone(tmp_path: Path) -> None:
    text = bills.generic([CAPTURE, REFUND, CAPTURE.but(reference="R3")]).decode()
    text = text.replace(",28.50", ",a lot").replace("capture,P1,R3", "gift,P1,R3")
    _, found, _ = read(tmp_path, text.encode())
    assert [one.reference for one in lines_of(found)] == ["R1"]
    assert [(one.line, one.code) for one in found if isinstance(one, BillFault)] == [
        (3, "not-an-amount"), (4, "unknown-trade"),
    ]  # fmt: skip


def test_a_table_without_the_columns_is_refused_and_a_map_names_them(tmp_path: Path) -> None:
    text = "Wann;Betrag;Beleg\n2026-11-22 12:00:05;128.50;R1\n2026-11-22 12:00:06;-8.50;R2\n"
    _, found, _ = read(tmp_path, text.encode())
    assert [one.code for one in found] == ["no-columns"]
    mapped = Reading(
        ZoneInfo("Asia/Shanghai"), "EUR", {"at": "Wann", "amount": "Betrag", "reference": "Beleg"}
    )
    _, found, _ = read(tmp_path, text.encode(), mapped)
    assert [(one.kind, one.reference, one.amount_minor, one.currency) for one in lines_of(found)] == [
        ("capture", "R1", 12_850, "EUR"), ("refund", "R2", 850, "EUR"),
    ]  # fmt: skip
    assert lines_of(found)[0].at == AT


WECHAT_FUNDS = """记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号
`2026-11-22 12:00:05,`R1,`W1,`交易,`交易,`收入,`128.50,`128.50,`system,`,`P1
`2026-11-22 12:00:05,`R1,`W2,`扣除交易手续费,`扣除交易手续费,`支出,`0.77,`127.73,`system,`,`P1
`2026-11-22 13:00:05,`Q1,`W3,`退款,`退款,`支出,`28.50,`99.23,`system,`,`F1
`2026-11-22 14:00:05,`X1,`W4,`提现,`提现,`支出,`99.23,`0.00,`system,`,`-
资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额
`4,`1,`128.50,`3,`128.50
"""
ALIPAY_FUNDS = """#支付宝账务明细查询
#账号：[20881011179556110156]
#起始日期：[2026年11月22日 00:00:00]   终止日期：[2026年11月23日 00:00:00]
#-----------------------------------------账务明细列表----------------------------------------
账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注
A1\t,R1\t,P1\t,T恤,2026-11-22 12:00:05,,128.50,0.00,128.50,支付宝,在线支付,
A2\t,R1\t,P1\t,T恤,2026-11-22 12:00:05,,0.00,-0.77,127.73,支付宝,收费,
A3\t,R1\t,P1\t,T恤,2026-11-22 13:00:05,,0.00,-28.50,99.23,支付宝,交易退款,
A4\t,X1\t,\t,,2026-11-22 14:00:05,,0.00,-99.23,0.00,支付宝,提现,
#-----------------------------------------账务明细列表结束------------------------------------
#支出合计：3笔，共-128.50元
#收入合计：1笔，共128.50元
"""


@pytest.mark.parametrize(
    "content", [WECHAT_FUNDS.encode(), ALIPAY_FUNDS.encode("gb18030"),
                gzip.compress(WECHAT_FUNDS.encode())],
)  # fmt: skip
def test_bills_of_what_moved_the_balance(tmp_path: Path, content: bytes) -> None:
    _, found, tally = read(tmp_path, content)
    lines = lines_of(found)
    assert [(one.book, one.kind, one.amount_minor) for one in lines] == [
        ("funds", "capture", 12_850), ("funds", "fee", 77), ("funds", "refund", 2850),
        ("funds", "payout", 9923),
    ]  # fmt: skip
    assert lines[0].number == "P1"
    assert tally.fee == 77
    assert tally.faults + tally.faults_of_summary() == []


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty-file"), (b"PK\x03\x04rubbish", "damaged-file"), (b"\x1f\x8brubbish", "damaged-file"),
     (b"\x00\x01\x02", "not-a-table")],
)  # fmt: skip
def test_what_is_no_bill_says_why(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(BadFileError) as fault:
        read(tmp_path, content)
    assert fault.value.code == code


def test_many_lines_are_read_without_keeping_them(tmp_path: Path) -> None:
    count = 100_000 if os.environ.get("LAIDAN_TEST_PROFILE") == "thorough" else 20_000
    path = tmp_path / "bill"
    made = bills.wechat(
        [CAPTURE.but(reference=f"R{at}", at=AT + timedelta(seconds=at % 9)) for at in range(2)]
    )
    head, one, two, *sums = made.decode().splitlines(keepends=True)
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write(head)
        for at in range(count):
            out.write(one.replace("`R0", f"`R{at}"))
        out.writelines((sums[0], f"`{count},`{12_850 * count / 100:.2f},`0.00,`0.00,`{77 * count / 100:.2f},`{12_850 * count / 100:.2f},`0.00\n"))  # fmt: skip
    tally, previous = Tally(), 0
    tracemalloc.start()
    try:
        with opened(path, READING) as texts:
            for text in texts:
                for found in text.found:
                    tally.add(found)
        _, previous = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert tally.sums() == Summary(count, 12_850 * count, 0, 77 * count)
    assert tally.faults + tally.faults_of_summary() == []
    assert previous < 12 << 20, previous
    assert two
