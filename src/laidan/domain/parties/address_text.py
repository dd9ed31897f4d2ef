"""Takes a pasted block of Chinese address text apart: name, phone, place, street, postcode."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from laidan.domain.parties.divisions import Division, find_place

TEXT_MAX = 2000


class AddressParts(NamedTuple):
    """What a block says; what it does not say is empty."""

    name: str = ""
    phone: str = ""
    country: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    street: str = ""
    postcode: str = ""


_GAP = "\n"
_MARKS = str.maketrans({"。": _GAP, "、": _GAP, "，": ",", "；": _GAP, "：": ":", "|": _GAP, ";": _GAP,
                        "\t": _GAP, "\r": _GAP, "【": _GAP, "】": _GAP, "[": _GAP, "]": _GAP,
                        "—": "-", "–": "-", "\u200b": " ", "\ufeff": " "})  # fmt: skip
_NAME_LABEL = (
    r"(?:收货人姓名|收件人姓名|收货人|收件人|收货姓名|联系人|姓名|名字|consignee|recipient|name)"
)
_OTHER_LABELS = (
    r"(?:手机号码|手机号|手机|联系电话|电话号码|电话|固定电话|固话|座机|联系方式|phone|mobile|tel|"
    r"所在地区|所在省市|省市区|省份|城市|区县|地区|收货地址|收件地址|详细地址|街道地址|街道|地址|address|"
    r"邮政编码|邮编|postcode|zip|国家|country)"
)
_LABELLED_NAME = re.compile(rf"{_NAME_LABEL}\s*[:]\s*([^\n,:\d]{{1,30}})", re.IGNORECASE)
_LABEL = re.compile(
    rf"(?:(?:{_NAME_LABEL}|{_OTHER_LABELS})\s*:)|(?:(?<![^\s,])(?:{_NAME_LABEL}|{_OTHER_LABELS})"
    r"(?=[\s\d(+]))",
    re.IGNORECASE,
)
_PHONES = (
    # A mobile, perhaps one that a platform lends (with an extension).
    re.compile(r"(?<!\d)(?:\(?(?:\+|00)?86\)?[-\s]?)?(1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}"
               r"(?:(?:-|转)\d{2,6})?)(?!\d)"),
    # A line in a house: area code, number, extension.
    re.compile(r"(?<!\d)(?:(?:\+|00)86[-\s]?)?(\(?0\d{2,3}\)?[-\s]?\d{7,8}(?:(?:-|转)\d{1,6})?)(?!\d)"),
    re.compile(r"(?<!\d)(400[-\s]?\d{3}[-\s]?\d{4}|800[-\s]?\d{3}[-\s]?\d{4})(?!\d)"),
    re.compile(r"(\+\d{1,3}[-\s]?\d{2,4}[-\s]?\d{4,8})(?!\d)"),
)  # fmt: skip
_POSTCODES = (
    re.compile(r"(?:邮政编码|邮编|postcode|zip)\s*:?\s*(\d{6})(?!\d)", re.IGNORECASE),
    re.compile(r"(?:^|(?<=[\s,\n(]))(\d{6})(?=$|[\s,\n)])", re.MULTILINE),
)
_COUNTRY = re.compile(
    r"(?:中国大陆|中华人民共和国|中国|china|p\.?r\.?c\.?)(?![\w路街村镇])[\s,\-]*", re.IGNORECASE
)
# Between words of another script a space belongs to the name.
_PIECES = re.compile(r"[\n,]+|(?<![A-Za-z.])\s+|\s+(?![A-Za-z])")
_STREET_WORDS = re.compile(
    r"[路街巷弄号楼室栋幢座层村镇乡区县市省州盟旗]|大道|胡同|小区|大厦|花园|公寓|广场|学校|大学|医院|"
    r"公司|超市|驿站|门口|宿舍|单元|工业园|酒店|中心|店\Z|\d"
)
_TITLE = re.compile(r"(?:\(?(?:亲启|亲收|代收|收|启)\)?|\(\s*\))\Z")
_HONORIFIC = r"(?:先生|女士|小姐|同学|老师|经理|师傅|太太|总|哥|姐)"
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
    "温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单裴霍"
    "涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑"
    "景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝"
)
_HAN_NAME = re.compile(
    rf"(?:(?:欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|司徒|令狐|端木)|[{_SURNAMES}])"
    rf"(?:[\u4e00-\u9fff·]{{0,4}}{_HONORIFIC}|[\u4e00-\u9fff]{{1,3}})\Z"
)
_ANY_HAN_NAME = re.compile(r"[\u4e00-\u9fff·*]{2,12}\Z")
_LATIN_NAME = re.compile(r"[A-Za-z][A-Za-z .'\-]{1,40}\Z")
_NAME_AT_END = re.compile(
    rf"(?<=[号室栋幢座层楼元\dA-Za-z)园厦口])((?:[{_SURNAMES}])(?:[\u4e00-\u9fff]{{1,2}}|"
    rf"[\u4e00-\u9fff]{{0,2}}{_HONORIFIC}))\Z"
)
# What people write for a district and no list of divisions has.
_PLAIN = r"(?:(?![路街巷弄号村镇乡])[\u4e00-\u9fff])"
_OWN_DISTRICT = re.compile(
    rf"({_PLAIN}{{0,6}}?(?:工业园区|高新区|经济技术开发区|开发区)|{_PLAIN}{{2,8}}?(?:新区|"
    r"(?<![小社校厂园库景矿院片街营山])区|县|旗))(?=.)"
)


def parse_address(text: str) -> AddressParts:
    """Return the parts of a pasted address; nothing of it is lost: the rest is the street.

    >>> parse_address("王小明 13800138000 浙江省杭州市西湖区文三路 1 号")[:6]
    ('王小明', '13800138000', 'CN', '浙江省', '杭州市', '西湖区')
    """
    rest = unicodedata.normalize("NFKC", text[:TEXT_MAX]).translate(_MARKS)
    rest = "".join(letter for letter in rest if letter == _GAP or letter.isprintable())
    name, rest = _labelled_name(rest)
    postcode, rest = _cut(rest, _POSTCODES[:1])
    phone, rest = _cut(rest, _PHONES)
    if not postcode:
        postcode, rest = _cut(rest, _POSTCODES[1:])
    rest = _LABEL.sub(_GAP, rest)
    rest = _COUNTRY.sub("", rest)
    found = find_place(rest)
    before, after, place = "", rest, Division()
    if found is not None:
        before, after, place = rest[: found.start], rest[found.end :], found.place
    place, after = _own_district(place, after)
    heads, tails = _pieces(before), _pieces(after)
    if not name:
        name, heads, tails = _name(heads, tails, has_place=found is not None)
    street = " ".join([*tails, *heads])
    return AddressParts(
        name=name[:120], phone=_plain_phone(phone), country="CN" if place.province else "",
        province=place.province, city=place.city, district=place.district,
        street=street[:300], postcode=postcode,
    )  # fmt: skip


def _cut(text: str, patterns: tuple[re.Pattern[str], ...]) -> tuple[str, str]:
    """Return what the first pattern that fits finds, and the text without it."""
    for pattern in patterns:
        found = pattern.search(text)
        if found:
            return found[1], f"{text[: found.start()]}{_GAP}{text[found.end() :]}"
    return "", text


def _labelled_name(text: str) -> tuple[str, str]:
    found = _LABELLED_NAME.search(text)
    if found is None:
        return "", text
    # Where the next label follows after a space alone, the name ends at that space.
    words = _LABEL.split(found[1])[0].strip()
    first = words if _LATIN_NAME.match(words) else words.split()[0] if words.split() else ""
    if not first:
        return "", text
    end = found.start(1) + found[1].index(first) + len(first)
    return _TITLE.sub("", first).strip(), f"{text[: found.start()]}{_GAP}{text[end:]}"


def _own_district(place: Division, after: str) -> tuple[Division, str]:
    if not place.city or place.district:
        return place, after
    found = _OWN_DISTRICT.match(after.lstrip(" ,-/"))
    if found is None:
        return place, after
    return place._replace(district=found[1]), after.lstrip(" ,-/")[found.end() :]


def _pieces(text: str) -> list[str]:
    trimmed = (piece.strip(" -/:.·_>()") if piece else "" for piece in _PIECES.split(text))
    return [piece for piece in trimmed if piece]


def _name(
    heads: list[str], tails: list[str], *, has_place: bool
) -> tuple[str, list[str], list[str]]:
    """Return the likeliest name, and the pieces that are left."""
    # A name stands before the place or at the end; the first piece after the place is the street.
    candidates = [*((heads, at) for at in range(len(heads)))]
    candidates += [(tails, at) for at in reversed(range(1 if has_place else 0, len(tails)))]
    for likely in (_HAN_NAME, _LATIN_NAME, _ANY_HAN_NAME):
        for pieces, at in candidates:
            plain = _TITLE.sub("", pieces[at]).strip()
            if likely.match(plain) and not _STREET_WORDS.search(plain[1:]):
                del pieces[at]
                return plain, heads, tails
    if tails:
        found = _NAME_AT_END.search(_TITLE.sub("", tails[-1]))
        if found and (found.start() > 0):
            kept = tails[-1][: found.start()]
            return found[1], heads, [*tails[:-1], kept]
    return "", heads, tails


def _plain_phone(phone: str) -> str:
    """Return a phone as it is dialled: a mobile in one piece, an area code set off."""
    if phone.startswith("1"):
        return phone.replace(" ", "").replace("-", "", 2) if phone.count("-") > 1 else re.sub(
            r"\A(\d{3})[- ]?(\d{4})[- ]?(\d{4})", r"\1\2\3", phone
        )  # fmt: skip
    return phone.replace("(", "").replace(")", "-").replace(" ", "-").replace("--", "-")
