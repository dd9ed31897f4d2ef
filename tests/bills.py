"""Writes bills as the providers do, from plain lines of what they say."""

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from laidan.kernel.money import format_minor

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Line:
    """What a provider says of one capture or refund."""

    number: str
    reference: str
    amount: int
    at: datetime
    kind: str = "capture"
    fee: int = 0
    currency: str = "CNY"
    of: str = ""
    """The payment's number, where this is a refund."""

    def but(self, **others: object) -> "Line":
        """Return the line otherwise."""
        return replace(self, **others)  # type: ignore[arg-type]  # names are its own


def money(minor: int, currency: str = "CNY") -> str:
    """Return an amount as bills write it."""
    return format_minor(minor, currency)


def _local(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


WECHAT_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)


def wechat(lines: Sequence[Line], **summary: int) -> bytes:
    """Return a trade bill of WeChat Pay's; `summary` overrides its own sums."""
    rows = [WECHAT_HEAD]
    for one in lines:
        is_refund = one.kind == "refund"
        cells = [
            _local(one.at), "wx1", "1900000109", "0", "", "T" + one.reference if is_refund else one.reference,
            one.of or one.number, "openid", "NATIVE", "REFUND" if is_refund else "SUCCESS", "OTHERS",
            one.currency, "0.00" if is_refund else money(one.amount), "0.00",
            one.reference if is_refund else "0", one.number if is_refund else "0",
            money(one.amount) if is_refund else "0.00", "0.00", "ORIGINAL", "SUCCESS",
            "T-shirt, red", "", money(one.fee), "0.60%", "0.00" if is_refund else money(one.amount),
            money(one.amount) if is_refund else "0.00", "",
        ]  # fmt: skip
        rows.append(",".join(f"`{cell}" for cell in cells))
    sums = _sums(lines) | summary
    rows.append(
        "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
    )
    told = (money(sums[name]) for name in ("captured", "refunded"))
    captured, refunded = told
    tail = [str(sums["count"]), captured, refunded, "0.00", money(sums["fee"]), captured, refunded]
    rows.append(",".join(f"`{cell}" for cell in tail))
    return ("\ufeff" + "\r\n".join(rows) + "\r\n").encode()


def _sums(lines: Sequence[Line]) -> dict[str, int]:
    return {
        "count": len(lines),
        "captured": sum(one.amount for one in lines if one.kind == "capture"),
        "refunded": sum(one.amount for one in lines if one.kind == "refund"),
        "fee": sum(one.fee for one in lines),
    }


ALIPAY_HEAD = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,"
    "商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,"
    "卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)


def alipay(
    lines: Sequence[Line], day: str = "2026-11-22", account: str = "2088101117955611"
) -> bytes:
    """Return a bill of trades of Alipay's, as the ZIP in GB18030 that it hands out."""
    year, month, date = day.split("-")
    rows = [
        "#支付宝业务明细查询",
        f"#账号：[{account}0156]",
        f"#起始日期：[{year}年{month}月{date}日 00:00:00]   终止日期：[{year}年{month}月{int(date) + 1:02}日 00:00:00]",
        "#-----------------------------------------业务明细列表----------------------------------------",
        ALIPAY_HEAD,
    ]
    for one in lines:
        sign = -1 if one.kind == "refund" else 1
        cells = [
            one.reference, one.of or one.number, "退款" if sign < 0 else "交易", "T恤", _local(one.at),
            _local(one.at), "", "", "", "", "*王(138****)", money(sign * one.amount),
            money(sign * one.amount), "0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00", "0.00",
            one.number if sign < 0 else "", money(-one.fee), "0.00", "",
        ]  # fmt: skip
        rows.append(",".join(f"{cell}\t" for cell in cells))
    sums = _sums(lines)
    counts = [sum(one.kind == kind for one in lines) for kind in ("capture", "refund")]
    rows += [
        "#-----------------------------------------业务明细列表结束------------------------------------",
        f"#交易合计：{counts[0]}笔，商家实收共{money(sums['captured'])}元，商家优惠共0.00元",
        f"#退款合计：{counts[1]}笔，商家实收退款共{money(-sums['refunded'])}元，商家优惠退款共0.00元",
        "#导出时间：[2026年11月23日 09:00:00]",
    ]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        text = "\r\n".join(rows) + "\r\n"
        archive.writestr("20881_20261122_业务明细.csv", text.encode("gb18030"))
        archive.writestr("20881_20261122_业务明细(汇总).csv", "#汇总\r\n".encode("gb18030"))
    return packed.getvalue()


STRIPE_HEAD = (
    "balance_transaction_id", "created_utc", "currency", "gross", "fee", "net",
    "reporting_category", "source_id", "description", "charge_id", "payment_intent_id", "refund_id",
    "payment_metadata[laidan_number]", "refund_metadata[laidan_refund]",
)  # fmt: skip


def stripe(lines: Sequence[Line]) -> bytes:
    """Return Stripe's itemized changes of the balance."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(STRIPE_HEAD)
    for number, one in enumerate(lines, 1):
        is_refund = one.kind == "refund"
        sign = -1 if is_refund else 1
        writer.writerow(
            (
                f"txn_{number}_{one.reference}", one.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
                one.currency.lower(), money(sign * one.amount, one.currency), money(one.fee, one.currency),
                money(sign * one.amount - one.fee, one.currency), "refund" if is_refund else "charge",
                one.reference, "", "ch_1", "pi_of" if is_refund else one.reference,
                one.reference if is_refund else "", one.of or one.number, one.number if is_refund else "",
            )
        )  # fmt: skip
    return written.getvalue().encode()


def generic(lines: Sequence[Line]) -> bytes:
    """Return a plain table."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(
        ("kind", "number", "reference", "refund_number", "amount", "fee", "currency", "at")
    )
    for one in lines:
        is_refund = one.kind == "refund"
        writer.writerow(
            (
                one.kind, one.of if is_refund else one.number, one.reference,
                one.number if is_refund else "", money(one.amount, one.currency),
                money(one.fee, one.currency), one.currency, one.at.isoformat(),
            )
        )  # fmt: skip
    return written.getvalue().encode()
