"""The closed vocabulary of permissions: what somebody may be allowed, in one place.

A permission is `area.act`. Scopes of API keys (`orders:write`) are coarse sets of permissions.
"""

from __future__ import annotations

from typing import NamedTuple

EVERYTHING = "*"


class Permission(NamedTuple):
    """A permission: its name, the scope that contains it, what people call it and what it means."""

    name: str
    scope: str
    label: dict[str, str]
    sentence: dict[str, str]

    @property
    def area(self) -> str:
        """What it is about: orders, customers, stock and so on."""
        return self.name.partition(".")[0]


AREAS = {
    "orders": {"en": "Orders", "zh-hans": "订单"},
    "payments": {"en": "Payments", "zh-hans": "支付"},
    "settlement": {"en": "Reconciliation", "zh-hans": "对账"},
    "customers": {"en": "Customers", "zh-hans": "客户"},
    "files": {"en": "Files", "zh-hans": "文件"},
    "views": {"en": "Views", "zh-hans": "视图"},
    "imports": {"en": "Import", "zh-hans": "导入"},
    "figures": {"en": "Figures", "zh-hans": "数据"},
    "stock": {"en": "Stock", "zh-hans": "库存"},
    "catalog": {"en": "Catalogue", "zh-hans": "商品"},
    "suppliers": {"en": "Suppliers", "zh-hans": "供应商"},
    "alarms": {"en": "Alarms", "zh-hans": "告警"},
    "settings": {"en": "Settings", "zh-hans": "设置"},
    "webhooks": {"en": "Webhooks", "zh-hans": "Webhook"},
    "schedules": {"en": "Schedules", "zh-hans": "定时任务"},
    "notices": {"en": "Notifications", "zh-hans": "通知"},
    "users": {"en": "Users", "zh-hans": "用户"},
    "keys": {"en": "API keys", "zh-hans": "API 密钥"},
    "audit": {"en": "Audit", "zh-hans": "审计"},
}
"""The groups in which permissions are shown."""

_TEXT = """
orders.view | orders:read | See orders | 查看订单 | The board, the lists, the search and the orders themselves, without phone numbers. | 看板、列表、搜索和订单详情，不含电话号码。
orders.export | orders:read | Export orders | 导出订单 | Take orders out as a file. | 把订单导出为文件。
orders.place | orders:write | Place orders | 新建订单 | Enter a new order. | 录入新订单。
orders.change_address | orders:write | Change addresses | 修改地址 | Change where an order goes. | 修改订单的收货地址。
orders.change_customer | orders:write | Change the customer | 修改客户 | Change who an order belongs to. | 修改订单所属的客户。
orders.change_notes | orders:write | Change notes | 修改备注 | Change notes and priority. | 修改备注和优先级。
orders.change_tags | orders:write | Change tags | 修改标签 | Add tags to orders and take them off. | 给订单加标签或去掉标签。
orders.assign | orders:write | Assign orders | 分配订单 | Say who looks after an order. | 指定由谁跟进订单。
orders.change_fields | orders:write | Change fields | 修改字段 | Change the fields that the order type adds. | 修改订单类型增加的字段。
orders.change_lines | orders:write | Change lines | 修改订单行 | Add, change and remove order lines and quantities. | 增加、修改、删除订单行和数量。
orders.change_price | orders:write | Change prices | 修改价格 | Change unit prices, discounts, taxes and the shipping fee of an order. | 修改订单的单价、优惠、税费和运费。
orders.transition.approve | orders:write | Review orders | 审核订单 | Approve orders or reject them. | 审核通过或驳回订单。
orders.transition.pay | orders:write | Record payments | 登记收款 | Record money that came in. | 登记收到的款项。
orders.transition.refund | orders:write | Record refunds | 登记退款 | Record money that went back. | 登记退回的款项。
orders.transition.ship | orders:write | Ship orders | 发货 | Hand parcels over, with courier and tracking number. | 登记发货，填写快递公司和运单号。
orders.transition.deliver | orders:write | Record delivery | 登记签收 | Record that parcels arrived. | 登记包裹已送达。
orders.transition.complete | orders:write | Complete orders | 完成订单 | Confirm receipt, complete and close orders. | 确认收货、完成和关闭订单。
orders.transition.cancel | orders:write | Cancel orders | 取消订单 | Cancel orders; what was reserved is given back. | 取消订单，释放占用的库存。
orders.transition.revive | orders:write | Revive orders | 恢复订单 | Bring cancelled orders back. | 恢复已取消的订单。
orders.transition.hold | orders:write | Hold and release | 挂起与恢复 | Put orders on hold and release them. | 挂起订单和解除挂起。
orders.transition.advance | orders:write | Other steps | 其他流转 | Every other step of an order's life cycle, such as finishing or making anew. | 生命周期中的其他步骤，例如完工、返工。
payments.view | orders:read | See payments | 查看支付 | Payments and refunds of an order, one by one. | 订单的每一笔收款和退款。
payments.refund | orders:write | Ask for refunds | 申请退款 | Ask that money goes back to a buyer. | 申请把款项退给买家。
payments.approve | orders:write | Approve refunds | 审批退款 | Let refunds go to the provider, retry them, or note that they were given by hand. | 批准、重试退款，或登记线下退款。
payments.resolve | orders:write | Resolve suspense | 处理挂账 | Find a home for money that has none. | 处理无主款项和异常款项。
settlement.view | orders:read | See reconciliation | 查看对账 | Days, bills of payment providers and what does not agree. | 账期、支付渠道账单和对账差异。
settlement.edit | orders:write | Reconcile | 处理对账 | Bring bills, match days, explain what does not agree. | 导入账单、对账、说明差异。
settlement.close | orders:write | Close days | 关账 | Close days that are explained, and open them again. | 关闭已核对的账期，或重新打开。
customers.view | customers:read | See customers | 查看客户 | Customers and their addresses, without phone numbers. | 客户及其地址，不含电话号码。
customers.reveal_phone | customers:read | Reveal phones | 显示电话 | Show a whole phone number or e-mail address; each time is written down. | 显示完整的电话和邮箱，每次都会记录。
customers.export | customers:read | Export customers | 导出客户 | Take customers out as a file. | 把客户导出为文件。
customers.edit | customers:write | Edit customers | 编辑客户 | Add, change and merge customers. | 新增、修改、合并客户。
files.view | orders:read | See files | 查看文件 | Open files. | 打开文件。
files.edit | orders:write | Keep files | 管理文件 | Upload, rename and remove files. | 上传、重命名、删除文件。
views.share | orders:write | Share views | 共享视图 | Keep a view of a list for everybody. | 把列表视图共享给所有人。
imports.run | orders:write | Import | 导入 | Bring files in: orders, products, stock, customers, each with its own permission beside. | 导入文件：订单、商品、库存、客户，并需要相应的权限。
figures.view | orders:read | See figures | 查看数据 | Reports and figures. | 报表和统计数据。
stock.view | stock:read | See stock | 查看库存 | Balances, movements and alerts. | 库存、出入库记录和预警。
stock.receive | stock:write | Receive stock | 入库 | Take goods in. | 登记收货入库。
stock.adjust | stock:write | Adjust stock | 调整库存 | Adjust, count and scrap. | 调整、盘点、报废。
stock.transfer | stock:write | Transfer stock | 调拨 | Move goods from one location to another. | 在仓库之间调拨。
catalog.view | catalog:read | See the catalogue | 查看商品 | Products, SKUs and price lists. | 商品、规格和价格表。
catalog.edit | catalog:write | Edit the catalogue | 编辑商品 | Add and change products and SKUs. | 新增和修改商品、规格。
catalog.prices | catalog:write | Set prices | 设置价格 | Change price lists. | 修改价格表。
suppliers.view | catalog:read | See suppliers | 查看供应商 | Suppliers and their contacts. | 供应商及其联系方式。
suppliers.edit | catalog:write | Edit suppliers | 编辑供应商 | Add and change suppliers. | 新增和修改供应商。
alarms.view | orders:read | See alarms | 查看告警 | What somebody has to look at, and taking note of it. | 需要处理的告警，并标记为已读。
settings.shops | admin | Shops | 店铺设置 | Open, change and close shops. | 开设、修改、关闭店铺。
settings.locations | admin | Locations | 仓库设置 | Open, change and close locations. | 新增、修改、停用仓库。
settings.payments | admin | Payment accounts | 收款账户设置 | Accounts at payment providers, and what shops do with late or excess money. | 支付服务商的收款账户，以及店铺如何处理迟到和多付的款项。
settings.order_types | admin | Order types | 订单类型设置 | Change order types and numbering. | 修改订单类型和编号规则。
settings.dictionary | admin | Data dictionary | 数据字典设置 | Change tags and the lists that people choose from. | 修改标签和各种可选项。
webhooks.view | admin | See webhooks | 查看 Webhook | Which programs are told of events, and what they answered. | 哪些程序会收到事件通知，以及它们的应答。
webhooks.manage | admin | Manage webhooks | 管理 Webhook | Add, change and remove webhooks, send events again. | 新增、修改、删除 Webhook，重新发送事件。
schedules.view | admin | See schedules | 查看定时任务 | What is done at which times, and how it went. | 各项定时任务的时间和执行情况。
schedules.manage | admin | Manage schedules | 管理定时任务 | Change times, pause, run now. | 修改时间、暂停、立即执行。
notices.manage | admin | Manage notifications | 管理通知 | Channels, rules and what was sent. | 通知渠道、规则和发送记录。
users.view | admin | See users | 查看用户 | Users, roles and what they may do. | 用户、角色及其权限。
users.manage | admin | Manage users | 管理用户 | Add and disable users, give and take roles. | 新增和停用用户，分配角色。
keys.own | admin | Own API keys | 自己的 API 密钥 | Make API keys that may do no more than oneself. | 创建 API 密钥，权限不超过本人。
audit.view | admin | See the operation log | 查看操作日志 | Who did what, and what was refused. | 谁做了什么，以及被拒绝的操作。
audit.export | admin | Export the operation log | 导出操作日志 | Take the operation log out as a file. | 把操作日志导出为文件。
"""


def _read(line: str) -> Permission:
    name, scope, label, label_zh, sentence, sentence_zh = (part.strip() for part in line.split("|"))
    return Permission(
        name, scope, {"en": label, "zh-hans": label_zh}, {"en": sentence, "zh-hans": sentence_zh}
    )


PERMISSIONS = {one.name: one for one in map(_read, _TEXT.strip().splitlines())}
"""Every permission by name, in the order in which people see them."""
_SCOPE_OF = {one.name: one.scope for one in PERMISSIONS.values()}
SCOPES = (
    "orders:read",
    "orders:write",
    "stock:read",
    "stock:write",
    "catalog:read",
    "catalog:write",
    "customers:read",
    "customers:write",
    "admin",
    EVERYTHING,
)
"""What an API key may be given; each but `*` is a set of permissions."""
MASKS = {
    "phone": {"en": "Phone numbers", "zh-hans": "电话"},
    "email": {"en": "E-mail addresses", "zh-hans": "邮箱"},
    "address": {"en": "Streets", "zh-hans": "详细地址"},
    "price": {"en": "Prices and amounts", "zh-hans": "价格和金额"},
}
"""Fields that a role may hide."""


def scope_of(right: str) -> str:
    """Return the scope that contains a permission; a scope is its own.

    >>> scope_of("orders.change_address"), scope_of("stock:read")
    ('orders:write', 'stock:read')
    """
    return _SCOPE_OF.get(right, right)


def covers(rights: frozenset[str], right: str) -> bool:
    """Say whether rights (permissions and scopes) contain one.

    >>> covers(frozenset({"orders:write"}), "orders.place")
    True
    """
    return EVERYTHING in rights or right in rights or _SCOPE_OF.get(right) in rights


def common(rights: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """Return what both contain, in the coarsest words.

    >>> sorted(common(frozenset({"orders:read"}), frozenset({"orders.view", "stock.view"})))
    ['orders.view']
    """
    if EVERYTHING in rights:
        return others
    if EVERYTHING in others:
        return rights
    both = rights & others
    fine = {
        name
        for name in _SCOPE_OF
        if covers(rights, name) and covers(others, name) and not covers(both, name)
    }
    return both | fine
