"""Values of the fields that a blueprint declares are checked against it, each with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laidan.blueprints import fields
from laidan.blueprints.model import FieldSpec

LABEL = {"en": "A field"}
SPECS = {
    "note": FieldSpec("note", "text", LABEL, length_max=5),
    "size": FieldSpec("size", "choice", LABEL, choices=("S", "M")),
    "proof": FieldSpec("proof", "boolean", LABEL),
    "wanted_by": FieldSpec(
        "wanted_by", "date", LABEL, minimum="2026-01-01", maximum="2026-12-31"
    ),
    "length_mm": FieldSpec("length_mm", "integer", LABEL, minimum="1", maximum="5000"),
    "weight": FieldSpec("weight", "decimal", LABEL, minimum="0.5"),
    "tooth": FieldSpec("tooth", "text", LABEL, required=True),
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "value", "fits"),
    [
        ("note", "hello", True),
        ("note", "hello!", False),
        ("note", 5, False),
        ("note", None, True),
        ("note", "", True),
        ("size", "M", True),
        ("size", "L", False),
        ("size", ["M"], False),
        ("size", {}, False),
        ("proof", False, True),
        ("proof", 0, False),
        ("proof", "true", False),
        ("wanted_by", "2026-11-22", True),
        ("wanted_by", "2026-01-01", True),
        ("wanted_by", "2025-12-31", False),
        ("wanted_by", "2027-01-01", False),
        ("wanted_by", "2026-02-29", False),
        ("wanted_by", 20261122, False),
        ("length_mm", 1, True),
        ("length_mm", 5000, True),
        ("length_mm", 0, False),
        ("length_mm", 5001, False),
        ("length_mm", "5", False),
        ("length_mm", 5.0, False),
        ("length_mm", True, False),
        ("length_mm", 10**40, False),
        ("weight", "0.5", True),
        ("weight", 3, True),
        ("weight", "0.499999", False),
        ("weight", "1.1234567", False),
        ("weight", 0.75, False),
        ("weight", "heavy", False),
    ],
)
def test_a_value_fits_its_field_or_not(code, value, fits):
    found = fields.faults(SPECS, {"tooth": "21", code: value}, "fields")
    assert [fault.loc for fault in found] == ([] if fits else [f"fields.{code}"])


def test_what_is_required_and_what_is_unknown_is_named():
    found = fields.faults(SPECS, {"colour": "A2"}, "lines[0].attributes")
    assert [fault.loc for fault in found] == [
        "lines[0].attributes.colour",
        "lines[0].attributes.tooth",
    ]
    assert "known are" in found[0].msg


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*SPECS, "other"]), JSON))
def test_any_json_is_judged(values):
    for fault in fields.faults(SPECS, values, "fields"):
        assert fault.loc.startswith("fields.")
        assert fault.msg


@given(st.dictionaries(st.text(max_size=70), JSON, max_size=60))
def test_free_attributes_are_few_and_flat(values):
    found = fields.free_faults(values, "attributes")
    if len(values) > 50:
        assert [fault.loc for fault in found] == ["attributes"]
        return
    nested = {key for key, value in values.items() if isinstance(value, list | dict)}
    assert len(found) >= len(nested)
    if not found:
        assert not nested
        assert all(len(key) <= 60 for key in values)
