"""Files of products, stock and customers as rows of values, with or without a map."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from laidan.interfaces.files.binding import Values, bind
from laidan.interfaces.files.delimited import Table
from laidan.interfaces.files.faults import BadFileError, Limits, RowError
from laidan.interfaces.files.mapping import Column, Mapping
from laidan.interfaces.files.schema import SCHEMAS
from laidan.interfaces.files.tables import read_tables

_BETWEEN = re.compile(r"[\s._()（）/-]+")
_ALIASES: dict[str, dict[str, str]] = {
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
"""What the columns of other systems are called; case, blanks and marks do not matter."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a file as typed values, by field."""

    file: str
    sheet: str
    number: int
    values: Values

    def error(self, code: str, reason: str, name: str = "") -> RowError:
        """Return why the row is not imported."""
        return RowError(self.file, self.number, code, reason, self.sheet, name)


def read_rows(path: Path, mapping: Mapping) -> Iterator[SourceRow | RowError]:
    """Yield the rows of a file; a map without columns is made from each table's header."""
    required = [field.name for field in SCHEMAS[mapping.kind].values() if field.required]
    for table in read_tables(path, mapping.declared, Limits()):
        if isinstance(table, RowError):
            yield table
            continue
        try:
            binding = bind(_fitted(mapping, table), table)
        except BadFileError as error:
            yield error.as_row_error(table.file, table.sheet)
            continue
        for row in table.rows:
            if isinstance(row, RowError):
                yield row
                continue
            values, problems = binding.read(row, binding.order)
            source = SourceRow(table.file, table.sheet, row.number, values)
            empty = [name for name in required if values.get(name) is None]
            if empty and not problems:
                yield source.error("missing-value", f"{', '.join(empty)}: the cell is empty")
            elif problems:
                reason = "; ".join(problem.reason for problem in problems)
                yield source.error(problems[0].code, reason)
            else:
                yield source


def _fitted(mapping: Mapping, table: Table) -> Mapping:
    """Return the map, or one of those columns whose names say what they hold."""
    if mapping.columns:
        return mapping
    header = {_plain(name): name for name in reversed(table.header) if name}
    columns: dict[str, Column] = {}
    for field in SCHEMAS[mapping.kind]:
        aliases = _ALIASES[mapping.kind].get(field, "").split("|")
        found = next((n for one in (field, *aliases) if (n := header.get(_plain(one)))), None)
        if found is not None and not any(found in column.names for column in columns.values()):
            columns[field] = Column((found,))
    return replace(mapping, columns=columns)


def _plain(name: str) -> str:
    return _BETWEEN.sub("", name).casefold()
