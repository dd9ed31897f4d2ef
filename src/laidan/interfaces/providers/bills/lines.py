"""What readers of bills share: amounts, instants, columns, and what is wrong with a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from laidan.domain.settlement.core import BillFault, BillLine, Found
from laidan.kernel.money import NotAnAmountError, is_currency, parse_minor

_BARE = str.maketrans("", "", "¥￥$€£, \t\u00a0")
_LAYOUTS = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S")
LINE_CHARS = 1_000_000


class UnfitLineError(Exception):
    """A line that cannot be read; its code and reason are what people read."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Reading:
    """How a bill is read: by whose clock, in which currency where it names none.

    `column_map` names the column of each field in a bill of no known provider; `merchant` is who
    the bill must be of, where that is known.
    """

    zone: ZoneInfo
    currency: str = "CNY"
    column_map: Mapping[str, str] = field(default_factory=dict)
    merchant: str = ""


Numbered = tuple[int, str]
Cells = Mapping[str, str]
Row = tuple[Sequence[str], Sequence[str]]
"""A header and the cells of a line."""
Told = tuple[int, Cells] | BillFault
"""A line of a table by its columns, or why it cannot be read."""


def minor(text: str, currency: str) -> int:
    """Return an amount as people write it in minor units; nothing is 0.

    >>> minor("¥1,064.50", "CNY"), minor("", "CNY")
    (106450, 0)
    """
    plain = text.translate(_BARE).removesuffix("元").removeprefix("+")
    if not plain:
        return 0
    try:
        return parse_minor(plain, currency)
    except NotAnAmountError as error:
        raise UnfitLineError("not-an-amount", str(error)) from None


def instant(text: str, zone: ZoneInfo) -> datetime:
    """Return a time of a bill; one without an offset is of the zone's clock."""
    plain = text.strip()
    try:
        return _in_utc(datetime.fromisoformat(plain), zone)
    except ValueError:
        pass
    for layout in _LAYOUTS:
        try:
            return _in_utc(datetime.strptime(plain, layout), zone)  # noqa: DTZ007 - the zone is put on
        except ValueError:
            continue
    raise UnfitLineError("not-a-time", f"{plain[:40]!r} is not a time")


def _in_utc(local: datetime, zone: ZoneInfo) -> datetime:
    aware = local if local.tzinfo else local.replace(tzinfo=zone)
    if not 1970 <= aware.year <= 2199:
        raise UnfitLineError("not-a-time", f"the year {aware.year} cannot be meant")
    return aware.astimezone(UTC)


def currency_of(text: str, usual: str) -> str:
    """Return a currency's code; raises UnfitLineError where there is none such."""
    code = text.strip().upper() or usual
    if not is_currency(code):
        raise UnfitLineError("unknown-currency", f"{text[:20]!r} is not a currency of ISO 4217")
    return code


def column(cells: Cells, *names: str) -> str:
    """Return the first of the columns that is there and filled, without the blanks around it."""
    for name in names:
        text = cells.get(name, "").strip()
        if text:
            return text
    return ""


def by_header(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Return a line's cells by column; raises UnfitLineError where there are not as many."""
    if len(cells) < len(header):
        count = f"the line has {len(cells)} cells and the header {len(header)}"
        raise UnfitLineError("too-few-cells", count)
    return dict(zip(header, (cell.strip() for cell in cells), strict=False))


def guarded(number: int, make: Callable[..., Found], *given: Any) -> Iterator[Found]:
    """Yield what a line makes, or why it cannot be read."""
    try:
        made = make(*given)
    except UnfitLineError as error:
        yield BillFault(number, error.code, error.reason[:300])
        return
    if isinstance(made, BillLine) and not made.key.rpartition(":")[2]:
        yield BillFault(number, "no-key", "the line names no transaction")
    else:
        yield made
