"""Texts that have broken programs, and events to keep them in."""

from datetime import datetime

from hypothesis import strategies as st

from builders import NOON, a_mint
from laidan.engine import bulk_sql, instants
from laidan.engine.models import Event

NASTY = [
    "",
    " ",
    "  two spaces ",
    "NULL",
    "null",
    "None",
    "'",
    '"',
    '""',
    "\\",
    "\\\\",
    '\\"',
    "a,b",
    "{a,b}",
    "{",
    "}",
    "%s",
    "%(name)s",
    "%%",
    "line\nbreak\r\n\ttab",
    "王小明",
    "😀👨‍👩‍👧",
    "é e\u0301",
    "<script>alert(1)</script>",
    "Robert'); DROP TABLE event;--",
    '{"json": [1, "two"]}',
    "\u2028\u2029",
    "\x01\x7f",
    "A" * 4000,
    "trailing\\",
    '","',
    '{"',
]
COLUMNS = ("id", "subject_id", "seq", "subject_kind", "type", "at", "actor", "payload", "sealed",
           "hash")  # fmt: skip
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


def an_event(seq: int, *, payload: str = "{}", sealed: str | None = None, at: datetime = NOON):
    mint = a_mint()
    return (mint.new(), mint.new(), seq, "order", "t", at, "actor", payload, sealed, "h")


def stored() -> list[tuple]:
    found = bulk_sql.rows(f"SELECT {', '.join(COLUMNS)} FROM event ORDER BY seq")
    return [tuple(instants.aware(row)) for row in found]


def insert(rows: list[tuple]) -> None:
    bulk_sql.insert_rows(Event, COLUMNS, rows)
