"""What the operation log keeps of a deed, how it is hashed, and a day's root."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laidan.domain.audit import core
from laidan.domain.audit.core import Deed, Entry
from laidan.kernel.ids import Mint

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
ENTRY = Entry(
    "019aa8fb-8800-7000-8000-000000000000", NOON, "user:mei", "page", "10.0.0.7", "Firefox", "r1",
    "price.set", "sku", "1", "TEE", '{"price":["1","2"]}', "",
)  # fmt: skip


def leaf(text: str) -> bytes:
    return hashlib.sha256(b"\x00" + bytes.fromhex(text)).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962, word for word: split at the largest power of two below."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node(root(leaves[:half]), root(leaves[half:]))


@given(st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), max_size=40))
def test_the_root_is_that_of_rfc_6962(hashes: list[str]) -> None:
    found, count = core.root_of(iter(hashes))
    assert count == len(hashes)
    expected = root([leaf(one) for one in hashes]) if hashes else hashlib.sha256(b"").digest()
    assert found == expected.hex()


def test_only_what_differs_is_kept_and_what_is_missing_is_null() -> None:
    assert core.changed({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": [1]}) == {
        "b": [2, 3],
        "c": [None, [1]],
    }
    assert core.changed(None, {"a": 1}) == {"a": [None, 1]}
    assert core.changed({"a": 1}, None) == {"a": [1, None]}
    assert core.changed(None, None) == {}


def test_private_values_are_masked_and_handed_back_apart() -> None:
    changes = core.changed(
        {"phone": "13800138000", "name": "王小明"}, {"phone": "13900139000", "name": "王明"}
    )
    shown, hidden = core.parted(changes, ("phone",))
    assert shown == {"name": ["王小明", "王明"], "phone": ["138****8000", "139****9000"]}
    assert hidden == {"phone": ["13800138000", "13900139000"]}
    assert "13800138000" not in core.as_json(shown)


@pytest.mark.parametrize("field", [name for name in Entry._fields if name != "id"])
def test_the_hash_covers_every_field(field: str) -> None:
    other = NOON + timedelta(microseconds=1) if field == "at" else "other"
    changed = ENTRY._replace(**{field: other})
    assert core.entry_hash(core.NO_HASH, changed) != core.entry_hash(core.NO_HASH, ENTRY)


def test_the_hash_is_the_one_that_the_documentation_gives() -> None:
    text = (
        '["' + "0" * 64 + '","019aa8fb-8800-7000-8000-000000000000",1795320000000000,"user:mei",'
        '"page","10.0.0.7","Firefox","r1","price.set","sku","1","TEE",'
        '"{\\"price\\":[\\"1\\",\\"2\\"]}",""]'
    )
    assert core.entry_hash(core.NO_HASH, ENTRY) == hashlib.sha256(text.encode()).hexdigest()


def test_what_no_database_takes_is_made_plain() -> None:
    @dataclass
    class Odd:
        def __str__(self) -> str:
            return "odd"

    deed = Deed("user:" + "x" * 200, "a\x00b", "k", "id", "\ud800名" + "字" * 500)
    texts = core.fitted(deed, "system")
    assert (len(texts["actor"]), len(texts["label"])) == (120, 120)
    assert texts["action"] == "ab"
    assert texts["label"].startswith("?名")
    assert core.fitted(Deed("", "a.b"), "user:mei")["actor"] == "user:mei"
    shown = core.changed(None, {"a": Odd(), "b": {"z", "a"}, "c": "y" * 9000})
    assert core.as_json(shown).startswith('{"a":[null,"odd"],"b":[null,["a","z"]]')
    assert len(str(shown["c"][1])) == 2000


def test_ids_of_a_day_lie_within_its_bounds() -> None:
    start, end = core.bounds(date(2026, 11, 22))
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    for moment in (midnight, NOON, midnight + timedelta(days=1) - timedelta(milliseconds=1)):
        assert start <= Mint(moment, bytes).new() < end
    for moment in (midnight - timedelta(milliseconds=1), midnight + timedelta(days=1)):
        assert not start <= Mint(moment, bytes).new() < end
