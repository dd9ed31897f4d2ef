"""What lists there are, and what an entry may be."""

from __future__ import annotations

from typing import NamedTuple

KINDS = ("unit", "movement-reason", "courier", "hold-reason")
"""The lists: units of SKUs, reasons of stock movements, couriers, reasons of holds."""
COLOURS = ("grey", "red", "orange", "yellow", "green", "teal", "blue", "violet", "pink")
"""Colours that a tag may have; each reads well in light and dark."""
SHIPPED: dict[str, tuple[tuple[str, str, str], ...]] = {
    "unit": (
        ("pcs", "件", "pcs"), ("box", "箱", "box"), ("set", "套", "set"), ("bottle", "瓶", "bottle"),
        ("kg", "千克", "kg"), ("m", "米", "m"), ("night", "晚", "night"), ("h", "小时", "h"),
    ),
    "movement-reason": (
        ("purchase", "采购入库", "Purchase"), ("return", "退货入库", "Return"),
        ("stocktake", "盘点差异", "Stocktake"), ("damaged", "破损", "Damaged"),
        ("expired", "过期", "Expired"), ("sample", "样品领用", "Sample"),
    ),
    "courier": (
        ("顺丰速运", "顺丰速运", "SF Express"), ("中通快递", "中通快递", "ZTO Express"),
        ("圆通速递", "圆通速递", "YTO Express"), ("韵达快递", "韵达快递", "Yunda Express"),
        ("京东物流", "京东物流", "JD Logistics"), ("EMS", "EMS", "EMS"),
    ),
    "hold-reason": (
        ("address", "地址待确认", "Address to be confirmed"),
        ("customer", "客户要求暂缓", "Customer asked to wait"),
        ("stock", "等货", "Waiting for stock"), ("risk", "风险待核实", "Risk to be checked"),
    ),
}  # fmt: skip
"""What the lists hold in a new installation: (code, Chinese, English)."""


class EntryRow(NamedTuple):
    """One row of dictionary_entry."""

    id: str
    kind: str
    code: str
    label_zh: str
    label_en: str
    place: int
    is_active: bool
