"""The lines of a form that moves stock: what was scanned and typed, read and written back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.http import QueryDict
from django.utils.translation import gettext

from laidan.insights import stock_views
from laidan.insights.stock_views import ScannedSku
from laidan.interfaces.web import record_words
from laidan.kernel.money import NotAnAmountError
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.kernel.quantity import format_quantity, parse_quantity
from laidan.usecases.movement_requests import MovementRequest
from laidan.usecases.moving import MovementAnswer

LINES_MAX = 200
KINDS = ("receive", "count", "adjust", "transfer", "scrap")
PERMISSIONS = {
    "receive": "stock.receive",
    "count": "stock.adjust",
    "adjust": "stock.adjust",
    "transfer": "stock.transfer",
    "scrap": "stock.adjust",
}
_TEXT_MAX = {"sku": 80, "bucket": 40, "quantity": 24}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what was typed, the SKU it means, what is wrong and where, what it would change."""

    sku: str
    quantity: str
    bucket: str = ""
    known: ScannedSku | None = None
    fault: str = ""
    place: str = "quantity"
    before: str = ""
    after: str = ""


@dataclass(slots=True)
class Lines:
    """The lines of a form; `unknown` are codes that were scanned and mean nothing."""

    rows: list[Line] = field(default_factory=list)
    fault: str = ""
    last: str = ""
    unknown: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether there are lines and nothing is wrong with them."""
        return bool(self.rows) and not any(line.fault for line in self.rows)


def read_lines(given: QueryDict) -> Lines:
    """Return the lines that a form sends, with their SKUs (at most two queries)."""
    columns = [given.getlist(name)[:LINES_MAX] for name in ("sku", "quantity", "bucket")]
    rows = []
    for sku, quantity, bucket in zip(*columns, strict=False):
        code = _text(sku, "sku")
        if code:
            rows.append(Line(code, _text(quantity, "quantity"), _text(bucket, "bucket")))
    known = stock_views.find_scanned({line.sku for line in rows})
    unknown = [text for one in given.getlist("unknown")[:LINES_MAX] if (text := _text(one, "sku"))]
    checked = [_checked(replace(line, known=known.get(line.sku))) for line in rows]
    return Lines(checked, unknown=list(dict.fromkeys(unknown)))


def add_scans(lines: Lines, scans: Sequence[str]) -> None:
    """Add one of each code scanned: to its line where there is one, else in a new one.

    The line scanned last stands first.
    """
    codes = [text for scan in scans if (text := _text(scan, "sku"))]
    known = stock_views.find_scanned(set(codes))
    for code in codes:
        sku = known.get(code)
        if sku is None:
            if code not in lines.unknown:
                lines.unknown.append(code)
            continue
        if len(lines.rows) >= LINES_MAX:
            lines.fault = gettext("A form holds at most %(count)d lines; send these first.") % {
                "count": LINES_MAX
            }
            return
        lines.last = sku.code
        place = next((n for n, line in enumerate(lines.rows) if line.sku == sku.code), None)
        if place is None:
            lines.rows.insert(0, Line(sku.code, "1", known=sku))
        else:
            line = lines.rows.pop(place)
            lines.rows.insert(0, _one_more(line, sku))


def wishes(lines: Lines, kind: str, head: dict[str, str]) -> list[MovementRequest]:
    """Return the movements that sound lines ask for."""
    return [
        MovementRequest(
            kind=kind,  # type: ignore[arg-type]  # the route admits these kinds alone
            sku=line.sku,
            location=head["location"],
            quantity=line.quantity,
            bucket=line.bucket,
            to=head["to"] if kind == "transfer" else None,
            reason=head["reason"],
            reference=head["reference"],
        )
        for line in lines.rows
    ]


def told(lines: Lines, outcomes: Sequence[Outcome[MovementAnswer]]) -> Lines:
    """Return the lines with what each would change, or why it cannot be."""
    rows = []
    for line, outcome in zip(lines.rows, outcomes, strict=True):
        if isinstance(outcome, Refused):
            rows.append(replace(line, fault=explained(outcome), place=_place(outcome)))
            continue
        balance = outcome.value.document["balances"]
        after = str(balance[0]["on_hand"]) if balance else "0"
        rows.append(replace(line, before=_before(outcome, line, after), after=after))
    return Lines(rows, last=lines.last, unknown=lines.unknown)


def explained(refused: Refused) -> str:
    """Return why a movement is refused, with the figures where there are some."""
    text = record_words.explain(refused)
    short = refused.extra.get("shortages")
    if isinstance(short, list) and short:
        figures = gettext("on hand %(on_hand)s, reserved %(reserved)s") % short[0]
        return f"{text} ({figures})"
    if refused.code == "invalid-movement" and refused.errors:
        return record_words.fault(refused.code, refused.errors[0].msg)
    return text


def _place(refused: Refused) -> str:
    """Return the field of a line that a refusal is about."""
    names = {fault.loc.rpartition(".")[2] for fault in refused.errors}
    found = next((name for name in ("sku", "bucket") if name in names), "quantity")
    return "sku" if refused.code == "unknown-sku" else found


def _before(outcome: Done[MovementAnswer], line: Line, after: str) -> str:
    decimals = line.known.decimals if line.known else 0
    moved = outcome.value.document["movements"]
    if not moved:
        return after
    delta = parse_quantity(str(moved[0]["quantity"]), decimals)
    return str(format_quantity(parse_quantity(after, decimals) - delta, decimals))


def _checked(line: Line) -> Line:
    if line.known is None:
        return replace(line, fault=gettext("There is no such SKU or barcode."), place="sku")
    known = line.known
    line = replace(line, sku=known.code)
    try:
        parse_quantity(line.quantity, known.decimals)
    except NotAnAmountError:
        unit = {"unit": known.unit, "decimals": known.decimals}
        if known.decimals:
            text = gettext("Type a quantity in %(unit)s with at most %(decimals)d decimals.") % unit
        else:
            text = gettext("Type a whole quantity in %(unit)s.") % unit
        return replace(line, fault=text)
    return line


def _one_more(line: Line, sku: ScannedSku) -> Line:
    try:
        more = parse_quantity(line.quantity, sku.decimals) + 10**sku.decimals
    except NotAnAmountError:
        return line
    return replace(line, quantity=str(format_quantity(more, sku.decimals)), known=sku)


def _text(value: str, name: str) -> str:
    return value.replace("\x00", "").strip()[: _TEXT_MAX[name]]
