"""What the columns of other systems are called; case, blanks and marks do not matter."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from laidan.interfaces.files.mapping import Column
from laidan.interfaces.files.schema import SCHEMAS


@dataclass(frozen=True, slots=True)
class OwnField:
    """A field that an order type adds: its code, its name by language, what it takes.

    `kind` is as a map names it; empty is a text.
    """

    code: str
    labels: Mapping[str, str]
    kind: str = ""
    choices: tuple[str, ...] = ()


_BETWEEN = re.compile(r"[\s._()（）/-]+")
_ALIASES: dict[str, dict[str, str]] = {
    "orders": {
        "external_no": "订单编号|订单号|平台单号|平台订单号|交易编号|主订单编号|order id|order no|"
        "order number|external number|原始单号",
        "order_no": "laidan order number|内部单号",
        "shop": "店铺|店铺编码",
        "type": "订单类型",
        "placed_at": "下单时间|订单创建时间|创建时间|拍下时间|order date|created at|placed|下单日期",
        "currency": "币种|货币",
        "state": "状态|订单状态|status|order status",
        "paid_at": "付款时间|支付时间|订单付款时间|paid",
        "shipped_at": "发货时间|shipped",
        "completed_at": "完成时间|确认收货时间",
        "courier": "快递公司|物流公司|carrier",
        "tracking_no": "运单号|物流单号|快递单号|tracking number",
        "customer.ref": "客户编号|会员号|customer id",
        "customer.name": "客户姓名|客户名称|买家昵称|买家会员名|客户|customer name|customer",
        "customer.phone": "客户电话|customer phone",
        "customer.email": "邮箱|电子邮箱|email|customer email",
        "ship_to.name": "收货人|收货人姓名|收件人|recipient|ship to",
        "ship_to.phone": "手机|手机号|收货电话|联系电话|联系手机|电话|phone|mobile",
        "ship_to.country": "国家|country",
        "ship_to.province": "省|省份|province|state province|region",
        "ship_to.city": "市|城市|city",
        "ship_to.district": "区|区县|district",
        "ship_to.street": "地址|收货地址|详细地址|街道|address|street",
        "ship_to.postcode": "邮编|postcode|postal code|zip",
        "line.sku": "商家编码|商品编码|规格编码|sku|sku code|sku编码|货号|商品货号|stock code",
        "line.title": "商品名称|商品标题|宝贝标题|品名|title|product name|description|商品",
        "line.quantity": "数量|购买数量|宝贝总数量|商品数量|quantity|qty",
        "line.unit_price": "单价|商品单价|商品价格|unit price|price|价格",
        "line.amount": "行金额|小计|商品金额|amount|sales",
        "line.discount": "行优惠|商品优惠",
        "discount": "优惠|优惠金额|discount",
        "shipping_fee": "运费|邮费|买家应付邮费|shipping|freight",
        "total": "总金额|订单金额|总价|应付金额|total",
        "paid.amount": "实付金额|买家实际支付金额|支付金额|paid amount",
        "buyer_note": "买家留言|买家备注|客户备注|note",
        "seller_note": "卖家备注|商家备注|备注",
        "tags": "标签",
    },
    "products": {
        "product.code": "product|spu|商品编码|商品货号|货号|款号",
        "product.name": "商品名称|品名|商品标题",
        "code": "sku|sku code|规格编码|商家编码|sku编码",
        "name": "sku name|规格名称|规格",
        "barcode": "条码|条形码|ean|gtin",
        "price": "价格|售价|单价|销售价",
        "currency": "币种|货币",
        "unit": "单位",
        "decimals": "小数位",
        "kind": "类型|种类",
        "backorder": "缺货预订|允许预售",
        "safety": "安全库存|safety stock",
        "weight_grams": "重量克|weight",
        "components": "组成|组合明细",
    },
    "stock": {
        "sku": "code|sku code|规格编码|商家编码|sku编码|货号",
        "location": "warehouse|仓库|门店|场所",
        "bucket": "lot|batch|批次|日期",
        "quantity": "qty|on hand|数量|库存|库存数量|实盘数量|现存",
        "kind": "类型|业务类型",
        "to": "调入仓库|目标仓库",
        "reason": "原因|备注",
        "reference": "单号|参考单号",
    },
    "customers": {
        "ref": "customer|customer id|客户编号|客户编码|会员号",
        "name": "客户名称|客户姓名|姓名|customer name",
        "phone": "mobile|手机|手机号|电话|联系电话",
        "email": "邮箱|电子邮箱|e-mail",
        "address.name": "收货人|收件人",
        "address.phone": "收货电话|收件电话",
        "address.country": "country|国家",
        "address.province": "province|省|省份",
        "address.city": "city|市|城市",
        "address.district": "district|区|区县",
        "address.street": "street|地址|详细地址|街道",
        "address.postcode": "postcode|邮编",
    },
}


def columns_by_name(
    kind: str, header: Sequence[str], own: Mapping[str, OwnField] | None = None
) -> dict[str, Column]:
    """Return the columns of a header whose names say which field they hold.

    `own` are the fields that order types add, by the names that maps give them.
    """
    known = {_plain(name): name for name in reversed(header) if name}
    columns: dict[str, Column] = {}
    taken: set[str] = set()
    for field in SCHEMAS[kind]:
        aliases = _ALIASES[kind].get(field, "").split("|")
        found = next((n for one in (field, *aliases) if (n := known.get(_plain(one)))), None)
        if found is not None and found not in taken:
            columns[field] = Column((found,))
            taken.add(found)
    for field, one in (own or {}).items():
        names = (field, one.code, *one.labels.values())
        found = next((n for each in names if (n := known.get(_plain(each)))), None)
        if found is not None and found not in taken:
            columns[field] = Column((found,), kind=one.kind)
            taken.add(found)
    return columns


def _plain(name: str) -> str:
    return _BETWEEN.sub("", name).casefold()
