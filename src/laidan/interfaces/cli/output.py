"""How commands speak: tables for people, JSON for programs, one sentence for what is refused."""

from __future__ import annotations

import json
import sys
import unicodedata
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NoReturn, TypeVar

from laidan.kernel.outcome import Outcome, Refused

T = TypeVar("T")


class CommandFault(Exception):
    """A command that cannot go on, said in one sentence."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.code = code


def done(outcome: Outcome[T]) -> T:
    """Return the value of what was done; a refusal ends the command with its sentence."""
    if isinstance(outcome, Refused):
        raise CommandFault(outcome.detail)
    return outcome.value


def refuse(sentence: str, code: int = 1) -> NoReturn:
    """End the command with a sentence."""
    raise CommandFault(sentence, code)


def say(sentence: str) -> None:
    """Print a sentence at once, even into a file."""
    print(sentence, flush=True)


def warn(sentence: str) -> None:
    """Print a sentence beside the output proper."""
    print(sentence, file=sys.stderr, flush=True)


def add_json(parser: ArgumentParser) -> None:
    """Add the option --json."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def print_json(value: object) -> None:
    """Print a document."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def print_table(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> None:
    """Print rows in aligned columns; Chinese characters count as two."""
    texts = [[_shown(row[column]) for column in columns] for row in rows]
    widths = [
        max(_width(line[place]) for line in [list(columns), *texts])
        for place in range(len(columns))
    ]
    for line in [[column.upper() for column in columns], *texts]:
        padded = [
            text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True)
        ]
        print("  ".join(padded).rstrip())


def print_rows(
    rows: Sequence[Mapping[str, object]], columns: Sequence[str], *, as_json: bool
) -> None:
    """Print rows as the caller asked."""
    if as_json:
        print_json(list(rows))
    elif rows:
        print_table(rows, columns)
    else:
        print("Nothing to list.")


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else str(value)
    if isinstance(value, set | frozenset | tuple):
        return sorted(value) if isinstance(value, set | frozenset) else list(value)
    return str(value)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list | tuple | set | frozenset):
        return " ".join(sorted(str(part) for part in value)) or "-"
    return str(value) or "-"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
