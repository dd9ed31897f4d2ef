"""The fields that a blueprint adds, as inputs of a form, and what was typed into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from laidan.blueprints import fields
from laidan.blueprints.model import FieldSpec
from laidan.insights.vocabulary import worded
from laidan.kernel.outcome import Fault

YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class FieldInput:
    """One input: `name` in the form, what it is called, what stands in it, what is wrong."""

    name: str
    kind: str
    label: str
    value: str
    required: bool
    choices: Sequence[str]
    length: int
    fault: str = ""
    now: str = ""


def inputs(
    specs: Mapping[str, FieldSpec],
    values: Mapping[str, str],
    prefix: str,
    language: str,
    faults: Mapping[str, str],
) -> list[FieldInput]:
    """Return the inputs of declared fields; `values` and `faults` are by name in the form."""
    return [
        FieldInput(
            name=prefix + code,
            kind=spec.kind,
            label=worded(spec.label, language),
            value=values.get(prefix + code, ""),
            required=spec.required,
            choices=spec.choices,
            length=min(spec.length_max, 2000),
            fault=faults.get(prefix + code, ""),
            now=values.get(f"now-{prefix}{code}", ""),
        )
        for code, spec in specs.items()
    ]


def shown(specs: Mapping[str, FieldSpec], values: Mapping[str, Any], prefix: str) -> dict[str, str]:
    """Return the kept values of declared fields as a form shows them."""
    return {prefix + code: _shown(values.get(code)) for code in specs}


def read(
    specs: Mapping[str, FieldSpec], given: Mapping[str, str], prefix: str
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values of declared fields, and what is wrong by name in the form."""
    values: dict[str, Any] = {}
    for code, spec in specs.items():
        text = given.get(prefix + code, "").strip()
        if text:
            values[code] = _value(spec, text)
    return values, {
        prefix + fault.loc.partition(".")[2]: said(fault, specs.get(fault.loc.partition(".")[2]))
        for fault in fields.faults(specs, values, "fields")
    }


def said(fault: Fault, spec: FieldSpec | None) -> str:
    """Return what to type instead, in the reader's language."""
    if fault.msg == "is required":
        return gettext("This has to be filled in.")
    kind = spec.kind if spec else ""
    if kind == "date":
        return gettext("Type a date such as 2026-11-22.") + _bounds(spec)
    if kind in ("integer", "decimal"):
        return gettext("Type a number.") + _bounds(spec)
    if kind == "choice":
        return gettext("Choose one of the list.")
    return gettext("This is too long.")


def _bounds(spec: FieldSpec | None) -> str:
    if spec is None or (spec.minimum is None and spec.maximum is None):
        return ""
    if spec.maximum is None:
        return " " + gettext("At least %(low)s.") % {"low": spec.minimum}
    if spec.minimum is None:
        return " " + gettext("At most %(high)s.") % {"high": spec.maximum}
    return " " + gettext("From %(low)s to %(high)s.") % {"low": spec.minimum, "high": spec.maximum}


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return YES if value else NO
    return "" if value is None else str(value)


def _value(spec: FieldSpec, text: str) -> object:
    if spec.kind == "boolean":
        return text == YES
    if spec.kind == "integer":
        digits = text[1:] if text[:1] in "+-" else text
        # What is no whole number is kept as typed: the check then says so.
        return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 20 else text
    return text
