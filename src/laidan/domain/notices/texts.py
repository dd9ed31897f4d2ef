"""Texts of notices: templates that name values and do nothing else; the values there are; pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

LANGUAGES = ("en", "zh-hans")
TITLE_CHARS, BODY_CHARS = 200, 4000
_NAME = re.compile(r"\{\{\s*([a-z][a-z_]*)\s*\}\}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")

COMMON = ("event", "what", "at", "shop", "link")
ORDER = ("order_no", "external_no", "type", "state", "before", "category", "currency", "total",
         "paid", "lines", "count", "priority", "by", "customer", "phone", "tracking_no")  # fmt: skip
MONEY = ("order_no", "number", "provider", "currency", "amount", "why", "by")
PRODUCT = ("code", "name", "by")
ALARM = ("label", "count")

TYPES: Mapping[str, Mapping[str, str]] = {
    "order.placed": {"en": "Order placed", "zh-hans": "新订单"},
    "order.paid": {"en": "Order paid", "zh-hans": "订单已付款"},
    "order.approved": {"en": "Order approved", "zh-hans": "订单审核通过"},
    "order.rejected": {"en": "Order rejected", "zh-hans": "订单被驳回"},
    "order.amended": {"en": "Order changed", "zh-hans": "订单已修改"},
    "order.held": {"en": "Order put on hold", "zh-hans": "订单已挂起"},
    "order.released": {"en": "Hold released", "zh-hans": "订单解除挂起"},
    "order.made": {"en": "Order made", "zh-hans": "订单已完工"},
    "order.remade": {"en": "Order to be made anew", "zh-hans": "订单返工"},
    "order.shipped": {"en": "Order shipped", "zh-hans": "订单已发货"},
    "order.delivered": {"en": "Order delivered", "zh-hans": "订单已签收"},
    "order.receipt_confirmed": {"en": "Receipt confirmed", "zh-hans": "已确认收货"},
    "order.refunded": {"en": "Money given back", "zh-hans": "订单已退款"},
    "order.cancelled": {"en": "Order cancelled", "zh-hans": "订单已取消"},
    "order.revived": {"en": "Order revived", "zh-hans": "订单已恢复"},
    "order.closed": {"en": "Order closed", "zh-hans": "订单已关闭"},
    "payment.created": {"en": "Payment begun", "zh-hans": "支付已发起"},
    "payment.pending": {"en": "Payment under way", "zh-hans": "支付处理中"},
    "payment.authorized": {"en": "Payment authorised", "zh-hans": "支付已授权"},
    "payment.captured": {"en": "Money came in", "zh-hans": "款项已到账"},
    "payment.failed": {"en": "Payment failed", "zh-hans": "支付失败"},
    "payment.expired": {"en": "Payment expired", "zh-hans": "支付已过期"},
    "payment.voided": {"en": "Payment voided", "zh-hans": "支付已撤销"},
    "payment.capture_asked": {"en": "Capture asked for", "zh-hans": "已申请请款"},
    "payment.capture_refused": {"en": "Capture refused", "zh-hans": "请款被拒绝"},
    "payment.void_asked": {"en": "Void asked for", "zh-hans": "已申请撤销授权"},
    "payment.unknown": {"en": "Payment unknown", "zh-hans": "支付结果不明"},
    "payment.disputed": {"en": "Payment disputed", "zh-hans": "支付有争议"},
    "payment.dispute_won": {"en": "Dispute won", "zh-hans": "争议胜诉"},
    "payment.dispute_lost": {"en": "Dispute lost", "zh-hans": "争议败诉"},
    "refund.requested": {"en": "Refund asked for", "zh-hans": "申请退款"},
    "refund.approved": {"en": "Refund approved", "zh-hans": "退款已批准"},
    "refund.submitted": {"en": "Refund handed in", "zh-hans": "退款已提交"},
    "refund.succeeded": {"en": "Refund arrived", "zh-hans": "退款成功"},
    "refund.unknown": {"en": "Refund unknown", "zh-hans": "退款结果不明"},
    "refund.failed": {"en": "Refund failed", "zh-hans": "退款失败"},
    "refund.manual": {"en": "Refund by hand", "zh-hans": "需人工退款"},
    "refund.cancelled": {"en": "Refund cancelled", "zh-hans": "退款已取消"},
    "order.withdrawn": {"en": "Order withdrawn", "zh-hans": "订单已撤回"},
    "order.credit": {"en": "Credit note made", "zh-hans": "已开红字单"},
    "product.created": {"en": "Product added", "zh-hans": "新增商品"},
    "product.changed": {"en": "Product changed", "zh-hans": "商品已修改"},
    "alarm.schedule-late": {"en": "Alarm: schedule late", "zh-hans": "告警：定时任务逾期"},
    "alarm.low-stock": {"en": "Alarm: low stock", "zh-hans": "告警：低库存"},
    "alarm.webhook-paused": {"en": "Alarm: webhook paused", "zh-hans": "告警：Webhook 已暂停"},
    "alarm.payment-unknown": {"en": "Alarm: payment unknown", "zh-hans": "告警：支付结果不明"},
    "alarm.suspense-opened": {"en": "Alarm: money nobody knows", "zh-hans": "告警：挂账款项"},
    "alarm.hold-ends": {"en": "Alarm: held money goes free", "zh-hans": "告警：预授权即将到期"},
}
"""What a rule can be about, in the order in which people choose."""

_SENTENCES: Mapping[str, Mapping[str, str]] = {
    "alarm.schedule-late": {
        "en": "{label} has not succeeded in two of its intervals.",
        "zh-hans": "{label} 连续两个周期没有成功。",
    },
    "alarm.low-stock": {
        "en": "{count} rows are under their safety stock.",
        "zh-hans": "{count} 行低于安全库存。",
    },
    "alarm.webhook-paused": {
        "en": "{label} did not answer for too long; nothing is sent there.",
        "zh-hans": "{label} 长时间没有响应，已停止发送。",
    },
    "alarm.payment-unknown": {
        "en": "Nobody knows for over a day what became of {label}.",
        "zh-hans": "{label} 的支付结果超过一天仍不明确。",
    },
    "alarm.suspense-opened": {
        "en": "{label} belongs to no order; somebody has to decide.",
        "zh-hans": "{label} 找不到对应的订单，需要人工处理。",
    },
    "alarm.hold-ends": {
        "en": "The provider holds the money of {label} for less than a day more.",
        "zh-hans": "支付 {label} 的预授权不到一天即将到期。",
    },
}
_DEFAULTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "order": {
        "en": ("{{ event }}: {{ order_no }}",
               "{{ shop }} · {{ currency }} {{ total }} · {{ customer }}\n{{ lines }}\n{{ link }}"),
        "zh-hans": ("{{ event }}：{{ order_no }}",
                    "{{ shop }} · {{ currency }} {{ total }} · {{ customer }}\n{{ lines }}\n{{ link }}"),
    },
    "payment": {
        "en": ("{{ event }}: {{ order_no }}", "{{ currency }} {{ amount }} · {{ provider }} {{ why }}\n{{ link }}"),
        "zh-hans": ("{{ event }}：{{ order_no }}", "{{ currency }} {{ amount }} · {{ provider }} {{ why }}\n{{ link }}"),
    },
    "refund": {
        "en": ("{{ event }}: {{ order_no }}", "{{ currency }} {{ amount }} · {{ provider }} {{ why }}\n{{ link }}"),
        "zh-hans": ("{{ event }}：{{ order_no }}", "{{ currency }} {{ amount }} · {{ provider }} {{ why }}\n{{ link }}"),
    },
    "product": {
        "en": ("{{ event }}: {{ code }}", "{{ name }}\n{{ link }}"),
        "zh-hans": ("{{ event }}：{{ code }}", "{{ name }}\n{{ link }}"),
    },
    "alarm": {"en": ("{{ event }}", "{{ what }}\n{{ link }}"),
              "zh-hans": ("{{ event }}", "{{ what }}\n{{ link }}")},
    "": {"en": ("{{ event }}", "{{ what }}\n{{ link }}"),
         "zh-hans": ("{{ event }}", "{{ what }}\n{{ link }}")},
}  # fmt: skip
"""The words where a rule has none of its own, by what its happenings are about."""
_DIGEST = {"en": "{count} messages", "zh-hans": "{count} 条消息"}
_MORE = {"en": "… and {count} more", "zh-hans": "……另有 {count} 条"}
_LISTED = 30


def names_for(types: Collection[str]) -> tuple[str, ...]:
    """Return the values that texts of a rule may name: those that all of its happenings have."""
    of = {"order": ORDER, "payment": MONEY, "refund": MONEY, "product": PRODUCT, "alarm": ALARM}
    groups = {type_.partition(".")[0] for type_ in types}
    own = [frozenset(of.get(group, ())) for group in groups]
    shared = frozenset.intersection(*own) if own else frozenset()
    return (
        *COMMON,
        *(name for name in dict.fromkeys((*ORDER, *MONEY, *PRODUCT, *ALARM)) if name in shared),
    )


def text_fault(text: str, names: Collection[str], most: int) -> str:
    """Return what is wrong with a text, "" where nothing is.

    >>> text_fault("{{ order_no }} {{ password }}", ("order_no",), 99)
    'there is no value password'
    """
    if len(text) > most:
        return f"has at most {most} characters"
    if _CONTROL.search(text.replace("\r\n", "\n")):
        return "holds a control character"
    for name in _NAME.findall(text):
        if name not in names:
            return f"there is no value {name}"
    rest = _NAME.sub("", text)
    if "{{" in rest or "}}" in rest or "{%" in rest:
        return "braces stand around one name, as in {{ order_no }}"
    return ""


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its values; what a value holds is never read as a template.

    >>> filled("{{ a }}-{{b}}", {"a": "{{ b }}", "b": "1"})
    '{{ b }}-1'
    """
    return _NAME.sub(lambda found: values.get(found[1], ""), text)


def words_of(
    types: Sequence[str], own: Mapping[str, Mapping[str, str]], language: str
) -> tuple[str, str]:
    """Return title and body of a rule in a language: its own words, else those of the program."""
    groups = {type_.partition(".")[0] for type_ in types}
    group = groups.pop() if len(groups) == 1 else ""
    title, body = _DEFAULTS.get(group, _DEFAULTS[""])[language]
    mine = own.get(language, {})
    return mine.get("title") or title, mine.get("body") or body


def label_of(type_: str, language: str) -> str:
    """Return what people call a happening."""
    known = TYPES.get(type_)
    return known[language] if known else type_


def sentence_of(type_: str, language: str, values: Mapping[str, str]) -> str:
    """Return what happened in one sentence; its name where there is no sentence."""
    known = _SENTENCES.get(type_)
    if known is None:
        return label_of(type_, language)
    return known[language].format(label=values.get("label", ""), count=values.get("count", ""))


def digest_of(titles: Sequence[str], language: str) -> tuple[str, str]:
    """Return title and body of one message that stands for several."""
    shown = list(titles[:_LISTED])
    if len(titles) > _LISTED:
        shown.append(_MORE[language].format(count=len(titles) - _LISTED))
    return _DIGEST[language].format(count=len(titles)), "\n".join(shown)
