"""The roles that every installation has: data that comes with the program and may be copied."""

from __future__ import annotations

from laidan.domain.access.policy import Role
from laidan.kernel.actor import Reach
from laidan.kernel.permissions import EVERYTHING, PERMISSIONS

ADMINISTRATOR = "administrator"
_TO_BE_PROCESSED = frozenset(("awaiting_payment", "in_review", "open"))
_OPEN = frozenset(("open",))
_OFFICE = ("settings", "schedules", "notices", "webhooks", "users", "audit")
_READING = ("view", "reveal_phone", "export")


def _of(*names: str) -> frozenset[str]:
    unknown = set(names) - set(PERMISSIONS)
    if unknown:
        raise ValueError(f"no permissions: {', '.join(sorted(unknown))}")
    return frozenset(names)


BUILT_IN = {
    role.code: role
    for role in (
        Role(
            ADMINISTRATOR,
            {"en": "Administrator", "zh-hans": "管理员"},
            {"en": "May do everything.", "zh-hans": "拥有全部权限。"},
            frozenset((EVERYTHING,)),
        ),
        Role(
            "operator",
            {"en": "Operator", "zh-hans": "运营"},
            {
                "en": "Does the whole order work, catalogue and stock; no users, no settings.",
                "zh-hans": "负责全部订单、商品和库存工作，不含用户和设置。",
            },
            frozenset(name for name, one in PERMISSIONS.items() if one.area not in _OFFICE),
        ),
        Role(
            "customer_service",
            {"en": "Customer service", "zh-hans": "客服"},
            {
                "en": "Sees orders to be processed; may change address and notes, not prices.",
                "zh-hans": "查看待处理的订单，可修改地址和备注，不能修改价格。",
            },
            _of(
                "orders.view", "orders.change_address", "orders.change_notes",
                "orders.change_tags", "orders.transition.hold", "payments.view",
                "payments.refund", "customers.view", "customers.reveal_phone", "files.view", "files.edit", "stock.view", "catalog.view",
            ),
            Reach(categories=_TO_BE_PROCESSED),
        ),
        Role(
            "warehouse",
            {"en": "Warehouse", "zh-hans": "仓库"},
            {
                "en": "Ships what is being processed and keeps the stock; sees no prices.",
                "zh-hans": "处理待发货订单并管理库存，看不到价格。",
            },
            _of(
                "orders.view", "orders.transition.ship", "orders.transition.deliver",
                "orders.transition.hold", "customers.view", "files.view", "stock.view",
                "stock.receive", "stock.adjust", "stock.transfer", "catalog.view",
            ),
            Reach(categories=_OPEN),
            frozenset(("price", "email")),
        ),
        Role(
            "finance",
            {"en": "Finance", "zh-hans": "财务"},
            {
                "en": "Sees orders, payments and figures and takes them out; approves refunds, "
                "resolves suspense, reconciles and closes days; edits no order.",
                "zh-hans": "查看并导出订单、支付和数据，审批退款、处理挂账、对账关账，不能修改订单。",
            },
            _of(
                "orders.view", "orders.export", "payments.view", "payments.approve",
                "payments.resolve", "settlement.view", "settlement.edit", "settlement.close",
                "customers.view", "figures.view", "files.view", "catalog.view", "alarms.view",
            ),
            masks=frozenset(("phone", "address")),
        ),
        Role(
            "auditor",
            {"en": "Auditor", "zh-hans": "审计"},
            {
                "en": "Reads everything, the operation log too; changes nothing.",
                "zh-hans": "查看全部内容及操作日志，不能修改。",
            },
            frozenset(name for name in PERMISSIONS if name.rpartition(".")[2] in _READING),
        ),
    )
}  # fmt: skip
"""The built-in roles by code."""
