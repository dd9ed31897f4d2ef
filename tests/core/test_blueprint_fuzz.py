"""Whatever is put into a blueprint's source: it loads, or is refused with its faults named."""

import re
import tomllib
from importlib import resources

from hypothesis import given
from hypothesis import strategies as st

from laidan.blueprints import rules
from laidan.blueprints.loader import BlueprintError, load
from laidan.domain.orders.core import CATEGORIES

SHIPPED = {
    entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
    for entry in resources.files("laidan.blueprints").iterdir()
    if entry.name.endswith(".toml")
}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=8),
    st.dates(),
    st.sampled_from(
        [*rules.GUARDS, *rules.EFFECTS, *CATEGORIES, "S", "T", "same", "30m", "open", "cancel"]
    ),
    st.lists(st.text(max_size=3) | st.integers(0, 2), max_size=3),
    st.dictionaries(st.sampled_from(["state", "when", "en", "kind"]), st.text(max_size=4)),
)


def _places(node: object, path: tuple = ()) -> list[tuple]:
    """Every place inside a document."""
    found = [path] if path else []
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        inside = isinstance(value, dict | list)
        found += _places(value, (*path, key)) if inside else [(*path, key)]
    return found


def _toml(value: object) -> str:
    """Write a value as TOML; what TOML has no word for becomes a text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml(str(k))} = {_toml(v)}" for k, v in value.items()) + "}"
    text = str(value).encode("unicode_escape").decode().replace('"', r"\"")
    return '"' + re.sub(r"\\x(..)", r"\\u00\1", text) + '"'


def _verdict(source: str) -> list[str]:
    """Load, and return what was wrong; anything but a fault of the blueprint comes through."""
    try:
        load(source)
    except BlueprintError as error:
        return error.faults or [""]
    return []


@given(st.sampled_from(sorted(SHIPPED)), st.data())
def test_no_change_of_a_value_crashes_the_compiler(code, data):
    document = tomllib.loads(SHIPPED[code])
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(_places(document)))
        inside = document
        for key in path[:-1]:
            inside = inside[key]
        value = data.draw(VALUES)
        if value is None and isinstance(inside, dict):
            del inside[path[-1]]
        else:
            inside[path[-1]] = "" if value is None else value
    source = "\n".join(f"{_toml(key)} = {_toml(value)}" for key, value in document.items())
    assert all(_verdict(source))


@given(st.sampled_from(sorted(SHIPPED)), st.data())
def test_no_change_of_a_character_crashes_the_compiler(code, data):
    source = SHIPPED[code]
    at = data.draw(st.integers(0, len(source) - 1))
    length = data.draw(st.integers(0, 20))
    put = data.draw(st.text('[]{}="\n,.# x5', max_size=4))
    assert all(_verdict(source[:at] + put + source[at + length :]))
