"""What the demo shop sells: some 200 SKUs of every kind, named in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product as combinations
from typing import Any

import msgspec

from laidan.kernel import money
from laidan.usecases.product_requests import ProductRequest

CURRENCY = "CNY"
Axis = list[tuple[str, str, str]]


def _axis(text: str) -> Axis:
    """Read `CODE|中文|English` choices between semicolons."""
    found = []
    for choice in text.split(";"):
        code, chinese, english = choice.strip().split("|")
        found.append((code, chinese, english))
    return found


COLOURS = _axis("RED|红色|red;BLK|黑色|black;WHT|白色|white;NVY|藏青|navy;GRN|墨绿|dark green")
SIZES = _axis("S|S|S;M|M|M;L|L|L;XL|XL|XL")
SHOES = _axis("38|38 码|38;39|39 码|39;40|40 码|40;41|41 码|41;42|42 码|42;43|43 码|43")
CUPS = _axis("350|350 毫升|350 ml;500|500 毫升|500 ml")
PACKS = _axis("100|100 克|100 g;250|250 克|250 g")
LENGTHS = _axis("1M|1 米|1 m;2M|2 米|2 m")
PHONES = _axis("A|直屏款|flat;B|曲屏款|curved;C|折叠款|folding")


@dataclass(frozen=True, slots=True)
class Family:
    """Products that differ in colour, size and the like only."""

    code: str
    chinese: str
    english: str
    price: str
    axes: tuple[Axis, ...] = ()
    grams: int | None = None
    unit: str = "pcs"
    decimals: int = 0
    kind: str = "goods"
    safety: str = "5"
    backorder: bool = False
    components: tuple[tuple[str, int | str], ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A SKU as baskets need it; the price is in 10**-6 of the major unit."""

    code: str
    kind: str
    price_micro: int
    decimals: int


FAMILIES = (
    Family("TEE", "纯棉 T 恤", "Cotton T-shirt", "64.00", (COLOURS, SIZES), 180),
    Family("HOOD", "连帽卫衣", "Hooded sweatshirt", "159.00", (COLOURS[:3], SIZES), 620),
    Family("JEAN", "直筒牛仔裤", "Straight jeans", "189.00", (COLOURS[1:4:2], SIZES), 700),
    Family("SNKR", "帆布鞋", "Canvas shoes", "129.00", (COLOURS[1:3], SHOES), 850),
    Family("SKIRT", "百褶半身裙", "Pleated skirt", "149.00", (COLOURS[1:4], SIZES), 320),
    Family("PJ", "棉质睡衣套装", "Cotton pyjamas", "179.00", (COLOURS[2:], SIZES), 560),
    Family("SLIP", "居家拖鞋", "House slippers", "39.00", (COLOURS[1:3], SHOES), 300, "pair"),
    Family("SOCK", "精梳棉袜", "Combed cotton socks", "12.90", (COLOURS[:4],), 60, "pair"),
    Family("CAP", "棒球帽", "Baseball cap", "49.00", (COLOURS[:4],), 110),
    Family("SCARF", "羊毛围巾", "Wool scarf", "139.00", (COLOURS,), 210),
    Family("TOTE", "帆布托特包", "Canvas tote bag", "69.00", (COLOURS[1:4],), 320),
    Family("RAIN", "折叠雨伞", "Folding umbrella", "59.00", (COLOURS[:4],), 380),
    Family("MUG", "骨瓷马克杯", "Bone china mug", "45.00", (COLOURS[:3], CUPS), 340),
    Family("FLASK", "保温杯", "Vacuum flask", "99.00", (COLOURS[1:4], CUPS), 410),
    Family("NOTE", "线装笔记本", "Stitched notebook", "26.00", (COLOURS[:4],), 240),
    Family("CASE", "手机壳", "Phone case", "39.00", (COLOURS[:3], PHONES), 45),
    Family("CABLE", "编织数据线", "Braided cable", "29.90", (COLOURS[1:3], LENGTHS), 40),
    Family("TOWEL", "长绒棉毛巾", "Long-staple towel", "32.00", (COLOURS[2:],), 150),
    Family("MAT", "瑜伽垫", "Yoga mat", "118.00", (COLOURS[:1] + COLOURS[3:],), 1100),
    Family("LJ", "龙井茶", "Longjing tea", "128.00", (PACKS,), 130, "box"),
    Family("PUER", "普洱茶", "Pu'er tea", "96.00", (PACKS,), 130, "box"),
    Family("OOL", "乌龙茶", "Oolong tea", "88.00", (PACKS,), 130, "box"),
    Family("NUT", "混合坚果", "Mixed nuts", "59.90", (PACKS,), 260, "box"),
    Family("BEAN", "云南咖啡豆", "Yunnan coffee beans", "136.00", (), 1000, "kg", 3, safety="2.5"),
    Family("RICE", "五常大米", "Wuchang rice", "15.80", (), 1000, "kg", 2, safety="50"),
    Family("LINEN", "亚麻布", "Linen cloth", "48.00", (COLOURS[2:],), 220, "m", 2, safety="10"),
    Family("HONEY", "椴树蜜", "Linden honey", "68.00", (), 500, "jar"),
    Family("LAMP", "护眼台灯", "Desk lamp", "229.00", (COLOURS[1:3],), 1600, safety="3"),
    Family("BANK", "移动电源", "Power bank", "149.00", (COLOURS[1:3],), 300),
    Family("BUDS", "蓝牙耳机", "Wireless earphones", "299.00", (COLOURS[1:3],), 90),
    Family("POT", "紫砂壶", "Yixing teapot", "680.00", (), 450, safety="1", backorder=True),
    Family("DESK", "胡桃木书桌", "Walnut desk", "2680.00", (), 38000, safety="0", backorder=True),
    Family("CHAIR", "人体工学椅", "Ergonomic chair", "1680.00", (COLOURS[1:3],), 17000,
           safety="0", backorder=True),
    Family("BOWL", "手作陶碗", "Handmade bowl", "58.00", (COLOURS[2:],), 380),
    Family("CNDL", "香薰蜡烛", "Scented candle", "79.00", (COLOURS[:2] + COLOURS[4:],), 300),
    Family("SOAP", "手工皂", "Handmade soap", "28.00", (COLOURS[2:],), 110),
    Family("CARD", "电子礼品卡", "Gift card", "100.00",
           (_axis("100|100 元|CNY 100;200|200 元|CNY 200;500|500 元|CNY 500"),), kind="virtual"),
    Family("EBOOK", "电子书", "E-book", "19.90",
           (_axis("TEA|茶事|On tea;INK|水墨入门|Ink painting;COOK|家常菜|Home cooking"),),
           kind="virtual"),
    Family("CLUB", "会员年卡", "Club membership, a year", "168.00", kind="virtual"),
    Family("COURSE", "线上课程", "Online course", "299.00",
           (_axis("TEA|茶艺|Tea ceremony;POT|陶艺|Pottery"),), kind="virtual"),
    Family("PEN", "刻字钢笔", "Engraved fountain pen", "218.00", (COLOURS[1:4:2],), 60,
           kind="custom"),
    Family("SHIRT", "量体衬衫", "Tailored shirt", "468.00", (COLOURS[2:4],), 260, kind="custom"),
    Family("RING", "素圈对戒", "Plain wedding rings", "1980.00", (), 20, "pair", kind="custom"),
    Family("PLATE", "门牌定制", "House number plate", "158.00", (), 700, kind="custom"),
    Family("SEAL", "手工篆刻印章", "Hand-carved seal", "268.00", (), 120, kind="custom"),
    Family("GIFTTEA", "茶礼盒", "Tea gift set", "258.00", kind="bundle",
           components=(("LJ-100", 1), ("PUER-100", 1), ("MUG-WHT-350", 2))),
    Family("GIFTHOME", "暖居礼盒", "Housewarming set", "198.00", kind="bundle",
           components=(("CNDL-RED", 1), ("TOWEL-WHT", 2), ("SOAP-WHT", 2))),
    Family("COMMUTE", "通勤套装", "Commuter set", "219.00", kind="bundle",
           components=(("FLASK-BLK-500", 1), ("RAIN-NVY", 1), ("TOTE-BLK", 1))),
    Family("SOCK7", "一周袜（七双）", "A week of socks", "79.00", kind="bundle",
           components=(("SOCK-BLK", 4), ("SOCK-WHT", 3))),
    Family("COUPLE", "对杯礼盒", "Pair of mugs", "85.00", kind="bundle",
           components=(("MUG-RED-350", 1), ("MUG-BLK-350", 1))),
    Family("BREAK", "早餐组合", "Breakfast set", "118.00", kind="bundle",
           components=(("BEAN", "0.250"), ("HONEY", 1), ("MUG-RED-350", 1))),
    Family("CLASS", "陶艺体验课", "Pottery class", "198.00", kind="capacity", unit="seat",
           safety="0"),
    Family("TEAROOM", "茶室包间", "Tea room", "388.00", kind="capacity", unit="day", safety="0"),
)  # fmt: skip


def products() -> list[ProductRequest]:
    """Return every family as a product, bundles after what they hold."""
    return [msgspec.convert(_product(family, place), ProductRequest)
            for place, family in enumerate(FAMILIES)]  # fmt: skip


def items() -> list[Item]:
    """Return every SKU."""
    return [
        Item(sku["code"], sku["kind"], money.parse_scaled(sku["price"], money.MICRO),
             sku["decimals"])
        for place, family in enumerate(FAMILIES)
        for sku in _skus(family, place)
    ]  # fmt: skip


def _product(family: Family, place: int) -> dict[str, Any]:
    name = f"{family.chinese} {family.english}"
    return {"code": f"P-{family.code}", "name": name, "skus": list(_skus(family, place))}


def _skus(family: Family, place: int) -> Iterator[dict[str, Any]]:
    for number, choice in enumerate(combinations(*family.axes)):
        chinese = " ".join([family.chinese, *(part[1] for part in choice)])
        english = ", ".join([family.english, *(part[2] for part in choice)])
        sku: dict[str, Any] = {
            "code": "-".join([family.code, *(part[0] for part in choice)]),
            "name": f"{chinese} {english}",
            "kind": family.kind,
            "price": _price(family, choice),
            "currency": CURRENCY,
            "unit": family.unit,
            "decimals": family.decimals,
            "backorder": family.backorder,
            "attributes": {"zh": chinese, "en": english},
        }
        if family.kind in {"goods", "capacity"}:
            sku["safety"] = family.safety
        if family.kind == "goods":
            sku["barcode"] = _ean13(f"2{place:05d}{number:06d}")
        if family.grams is not None:
            sku["weight_grams"] = family.grams
        if family.components:
            sku["components"] = [
                {"sku": code, "quantity": quantity} for code, quantity in family.components
            ]
        yield sku


def _price(family: Family, choice: Sequence[tuple[str, str, str]]) -> str:
    """Return the price: larger packs cost more, gift cards what they are worth."""
    if family.code == "CARD":
        return f"{choice[0][0]}.00"
    micro = money.parse_scaled(family.price, money.MICRO)
    if choice and choice[-1][0] in {"250", "500", "2M"}:
        micro = micro * 3 // 2
    return money.format_price(micro, CURRENCY)


def _ean13(digits: str) -> str:
    """Return twelve digits with the check digit of GS1; those with a 2 in front are in-house."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
