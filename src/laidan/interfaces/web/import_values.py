"""The values of a file's columns beside ours: shown as rows, and read back into a value map."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from django.http import QueryDict

from laidan.domain.catalog.core import KINDS
from laidan.engine import epochs
from laidan.insights.vocabulary import load_vocabulary, worded
from laidan.interfaces.files.importing.aliases import OwnField
from laidan.interfaces.files.importing.distinct import Found
from laidan.interfaces.files.mapping import ANYTHING_ELSE
from laidan.interfaces.web import choices, record_words, words

Listed = list[tuple[str, str]]
NOTHING = "-"
"""What is typed beside a value that is to become empty."""
ROWS_MAX = 60
"""A longer list of values is shown as text, one a line."""
STAYS, REFUSED, BECOMES = "stays", "refused", "becomes"
_DASHES = frozenset("-–—")
_CHARS = 300
_TEXT = 20_000
_LISTED = {
    "orders": frozenset((
        "shop", "type", "currency", "priority", "state", "cancel_reason", "courier", "tags",
        "ship_to.country", "ship_to.province", "line.sku", "line.kind", "paid.provider",
    )),
    "products": frozenset(("currency", "unit", "kind", "backorder")),
    "stock": frozenset(("sku", "location", "kind", "to", "reason")),
    "customers": frozenset(("address.country", "address.province")),
}  # fmt: skip
"""Fields that take one of few values."""


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A value of the file, how often it is there, and what it becomes; empty is what all others do."""

    text: str
    count: int
    becomes: str


@dataclass(frozen=True, slots=True)
class Values:
    """The value map of a column as the form shows it; `listed` where it is too long for rows."""

    rows: tuple[ValueRow, ...] = ()
    rest: str = STAYS
    rest_becomes: str = ""
    is_all: bool = True
    listed: str = ""
    is_changed: bool = False


def has_few(kind: str, name: str, own: Mapping[str, OwnField]) -> bool:
    """Say whether a field takes one of few values, so that those of a file are worth a row each."""
    if name in own:
        return bool(own[name].choices) or own[name].kind == "boolean"
    return name in _LISTED[kind]


def shown(mapped: Mapping[str, str] | None, found: Found) -> Values:
    """Return the rows of a value map, and of what else the file holds."""
    known = dict(mapped or {})
    other = known.pop(ANYTHING_ELSE, None)
    if len(known) > ROWS_MAX:
        listed = "\n".join(f"{key} = {value}" for key, value in (mapped or {}).items())
        return Values(listed=listed, is_changed=True)
    counts = dict(found.values)
    texts = [*known, *(text for text, _ in found.values if text not in known)]
    rows = tuple(
        ValueRow(text, counts.get(text, 0), (known[text] or NOTHING) if text in known else "")
        for text in texts[: max(ROWS_MAX, len(known))]
    )
    rest, rest_becomes = STAYS, ""
    if mapped and other is None:
        rest = REFUSED
    elif other is not None and other != ANYTHING_ELSE:
        rest, rest_becomes = BECOMES, other
    return Values(rows, rest, rest_becomes, found.is_all, is_changed=bool(mapped))


def read(given: QueryDict, place: int) -> dict[str, str]:
    """Return the value map that the form tells for a column; empty where nothing is changed."""
    if f"values-{place}" in given:
        return _pairs(given.get(f"values-{place}", ""))
    texts, wanted = given.getlist(f"from-{place}"), given.getlist(f"to-{place}")
    mapped = {
        text[:_CHARS]: _plain(becomes)
        for text, becomes in zip(texts, wanted, strict=False)
        if text and becomes.strip()
    }
    rest = given.get(f"rest-{place}", STAYS)
    if rest == BECOMES:
        mapped[ANYTHING_ELSE] = _plain(given.get(f"rest-to-{place}", ""))
    elif mapped and rest != REFUSED:
        mapped[ANYTHING_ELSE] = ANYTHING_ELSE
    return mapped


def _plain(text: str) -> str:
    text = text.strip()[:_CHARS]
    return "" if text in _DASHES else text


def _pairs(text: str) -> dict[str, str]:
    found = {}
    for line in text[:_TEXT].splitlines():
        key, mark, value = line.rpartition("=")
        if mark:
            found[key.strip()] = value.strip()
    return found


def ours(kind: str, names: Iterable[str], own: Mapping[str, OwnField]) -> dict[str, Listed]:
    """Return what each of these fields may become: code and word; nothing where anything may be."""
    found = {}
    for name in names:
        one = own.get(name)
        if one is not None:
            yes_no = ("yes", "no") if one.kind == "boolean" else ()
            found[name] = [(code, "") for code in one.choices or yes_no]
        elif (kind, name) in _OURS:
            found[name] = _OURS[kind, name]()
        elif ("", name) in _OURS:
            found[name] = _OURS["", name]()
    return {name: listed for name, listed in found.items() if listed}


def _states() -> Listed:
    vocabulary, language = load_vocabulary(epochs.read()), choices.language()
    labels = {
        state.code: worded(state.label, language)
        for blueprint in vocabulary.newest.values()
        for state in blueprint.states.values()
    }
    return [(code, labels[code]) for code in vocabulary.state_order()]


def _types() -> Listed:
    vocabulary = load_vocabulary(epochs.read())
    return list(choices.order_types(vocabulary, choices.language()).items())


def _said(vocabulary: Mapping[str, str], codes: Collection[str] = ()) -> Listed:
    return [(code, words.word(vocabulary, code)) for code in codes or vocabulary]


_MOVES = ("count", "receive", "adjust", "transfer", "scrap")
_OURS: dict[tuple[str, str], Callable[[], Listed]] = {
    ("", "shop"): lambda: list(choices.shops().items()),
    ("", "location"): lambda: list(choices.locations().items()),
    ("", "to"): lambda: list(choices.locations().items()),
    ("", "type"): _types,
    ("", "state"): _states,
    ("", "priority"): lambda: _said(words.PRIORITIES),
    ("", "cancel_reason"): lambda: _said(words.CANCEL_REASONS),
    ("", "line.kind"): lambda: _said(words.LINE_KINDS, KINDS),
    ("products", "kind"): lambda: _said(words.LINE_KINDS, KINDS),
    ("products", "backorder"): lambda: [("yes", ""), ("no", "")],
    ("stock", "kind"): lambda: _said(record_words.MOVEMENTS, _MOVES),
}
"""What a field of a kind of file may become; those without a kind are the same everywhere."""
