"""The fields that order types add, as columns of a file can be chosen for them."""

from __future__ import annotations

from laidan.blueprints.model import FieldSpec
from laidan.engine import epochs
from laidan.insights.vocabulary import load_vocabulary
from laidan.interfaces.files.cells import OWN_KINDS
from laidan.interfaces.files.importing.aliases import OwnField

ORDER, LINE = "fields.", "line.attributes."
"""What a map puts before the code of an own field."""


def own_fields(kind: str) -> dict[str, OwnField]:
    """Return the own fields of all order types by their names in maps (no query when warm)."""
    found: dict[str, OwnField] = {}
    if kind != "orders":
        return found
    for blueprint in load_vocabulary(epochs.read()).newest.values():
        for prefix, specs in ((ORDER, blueprint.fields), (LINE, blueprint.line_fields)):
            for spec in specs.values():
                name = f"{prefix}{spec.code}"
                found[name] = _merged(found.get(name), spec)
    return found


def _merged(known: OwnField | None, spec: FieldSpec) -> OwnField:
    """Return a field that several order types may have; where they differ it is read as a text."""
    kind = spec.kind if spec.kind in OWN_KINDS else ""
    if known is None:
        return OwnField(spec.code, spec.label, kind, spec.choices)
    choices = tuple(dict.fromkeys((*known.choices, *spec.choices)))
    return OwnField(spec.code, known.labels, kind if kind == known.kind else "", choices)
