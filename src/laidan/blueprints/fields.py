"""Checks values against the fields that a blueprint declares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from laidan.blueprints.model import FieldSpec
from laidan.kernel.money import NotAnAmountError, parse_scaled
from laidan.kernel.outcome import Fault

_DECIMALS = 6
_FREE_KEYS_MAX = 50
_FREE_TEXT_MAX = 500


def faults(specs: Mapping[str, FieldSpec], values: Mapping[str, object], loc: str) -> list[Fault]:
    """Return what is wrong with the values of declared fields."""
    found = [
        Fault(f"{loc}.{code}", f"unknown field; known are {', '.join(sorted(specs)) or 'none'}")
        for code in values
        if code not in specs
    ]
    for code, spec in specs.items():
        value = values.get(code)
        if value is None or value == "":
            if spec.required:
                found.append(Fault(f"{loc}.{code}", "is required"))
            continue
        problem = _problem(spec, value)
        if problem:
            found.append(Fault(f"{loc}.{code}", problem))
    return found


def free_faults(values: Mapping[str, object], loc: str) -> list[Fault]:
    """Return what is wrong with attributes that no blueprint declares: texts, numbers, few."""
    if len(values) > _FREE_KEYS_MAX:
        return [Fault(loc, f"holds more than {_FREE_KEYS_MAX} entries")]
    return [
        Fault(
            f"{loc}.{str(key)[:40]}",
            "must be a text of at most 500 characters, a number or a truth value",
        )
        for key, value in values.items()
        if len(key) > 60
        or not isinstance(value, (str, int, float, bool, type(None)))
        or (isinstance(value, str) and len(value) > _FREE_TEXT_MAX)
        or (isinstance(value, int) and abs(value) > 2**53)
    ]


def is_bound(kind: str, value: object) -> bool:
    """Say whether a value can be the smallest or largest one of a field of a kind."""
    spec = FieldSpec("", "decimal" if kind == "integer" else kind, {})
    return kind in {"integer", "decimal", "date"} and _problem(spec, str(value)) is None


def _problem(spec: FieldSpec, value: object) -> str | None:
    match spec.kind:
        case "text":
            if not isinstance(value, str) or len(value) > spec.length_max:
                return f"must be a text of at most {spec.length_max} characters"
        case "choice":
            if value not in spec.choices:
                return f"must be one of {', '.join(spec.choices)}"
        case "boolean":
            if not isinstance(value, bool):
                return "must be true or false"
        case "date":
            return _date_problem(spec, value)
        case _:
            return _number_problem(spec, value)
    return None


def _date_problem(spec: FieldSpec, value: object) -> str | None:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None:
        return "must be a date such as 2026-11-22"
    text = day.isoformat()
    if (spec.minimum and text < spec.minimum) or (spec.maximum and text > spec.maximum):
        return f"must be from {spec.minimum or 'any day'} to {spec.maximum or 'any day'}"
    return None


def _number_problem(spec: FieldSpec, value: object) -> str | None:
    whole = spec.kind == "integer"
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, str)):
        return "must be a whole number" if whole else 'must be a decimal text such as "1.5"'
    try:
        number = parse_scaled(str(value), _DECIMALS)
        low = parse_scaled(spec.minimum, _DECIMALS) if spec.minimum is not None else number
        high = parse_scaled(spec.maximum, _DECIMALS) if spec.maximum is not None else number
    except NotAnAmountError as error:
        return str(error)
    if not low <= number <= high:
        return f"must be from {spec.minimum or 'any'} to {spec.maximum or 'any'}"
    return None
