"""The acts of an order: which there are, what each asks for, and what a form sent says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from unicodedata import category

import msgspec
from django.http import QueryDict
from django.utils.translation import gettext

from laidan.blueprints import decisions, library
from laidan.blueprints.decisions import Action
from laidan.blueprints.model import Blueprint
from laidan.domain.orders.core import Standing
from laidan.engine import epochs
from laidan.insights.order_documents import ShownOrder
from laidan.insights.vocabulary import worded
from laidan.interfaces.web import words
from laidan.kernel.actor import Actor
from laidan.kernel.money import format_minor
from laidan.kernel.outcome import Fault, Refused
from laidan.usecases.transition_requests import ShipLine, TransitionInputs

ICONS = {
    "pay": "credit-card", "approve": "check", "reject": "x", "ship": "truck-delivery",
    "deliver": "home", "confirm_receipt": "circle-check", "close": "archive",
    "cancel": "circle-x", "revive": "arrow-back-up", "refund": "receipt-refund",
    "hold": "player-pause", "release": "player-play", "finish": "check", "remake": "refresh",
}  # fmt: skip
COURIERS = (
    "顺丰速运", "中通快递", "圆通速递", "申通快递", "韵达快递", "极兔速递", "京东物流", "邮政 EMS",
    "德邦快递", "DHL", "UPS", "FedEx",
)  # fmt: skip
"""What the field for the courier suggests; anything may be typed."""
# Reasons that a person gives; the others are the clock's or a provider's.
REASONS = ("buyer", "out_of_stock", "duplicate", "fraud", "channel", "staff", "other")
_TEXTS = ("reason", "note", "amount", "provider", "reference", "courier", "tracking_no", "at",
          "scope", "until")  # fmt: skip
_AMOUNT_MARKS = str.maketrans("", "", ", ¥\u00a0")


@dataclass(frozen=True, slots=True)
class Act:
    """An act as people see it; `asks` where it needs a form (or a warning) first."""

    name: str
    label: str
    style: str
    allowed: bool
    why_not: str
    needs: tuple[str, ...]
    effects: frozenset[str]
    cancels: bool

    @property
    def icon(self) -> str:
        """The icon of a well-known act."""
        return ICONS.get(self.name, "arrow-right")

    @property
    def asks(self) -> bool:
        """Whether a form comes first."""
        return bool(self.needs) or self.style == "danger"

    @property
    def needs_reason(self) -> bool:
        """Whether a reason has to be given."""
        return "reason" in self.needs and "amount" not in self.needs


class Acts(NamedTuple):
    """An order's acts: those on the page (the primary one last), and those in the menu."""

    shown: list[Act]
    more: list[Act]

    def find(self, name: str) -> Act | None:
        """Return the act of a name."""
        return next((act for act in (*self.shown, *self.more) if act.name == name), None)


def blueprint_of(shown: ShownOrder) -> Blueprint:
    """Return the blueprint that an order keeps."""
    return library.load_blueprints({shown.type_key}, epochs.read())[shown.type_key]


class Standpoint(Protocol):
    """Whatever knows where an order stands."""

    @property
    def standing(self) -> Standing:
        """Where it stands."""


def acts_of(shown: Standpoint, blueprint: Blueprint, actor: Actor, language: str) -> Acts:
    """Return what may be done with an order now; of the primary acts the first allowed is it."""
    found = [
        _act(one, blueprint, shown, actor, language)
        for one in decisions.actions(blueprint, shown.standing, actor)
    ]
    primary = [act for act in found if act.style == "primary"]
    more = [act for act in found if act.style != "primary"]
    primary.sort(key=lambda act: act.allowed)
    leading = next((act for act in found if act.style == "primary" and act.allowed), None)
    if leading is not None:
        primary = [act for act in primary if act is not leading] + [leading]
    return Acts(primary, sorted(more, key=lambda act: act.style == "danger"))


def _act(
    action: Action, blueprint: Blueprint, shown: Standpoint, actor: Actor, language: str
) -> Act:
    transition = blueprint.find(action.name, shown.standing.state)
    targets = {branch.state for branch in transition.branches} if transition else set()
    categories = {blueprint.states[one].category for one in targets if one in blueprint.states}
    return Act(
        name=action.name,
        label=worded(action.label, language),
        style=action.style,
        allowed=action.allowed,
        why_not="" if action.allowed else _why_not(action, blueprint, shown, actor),
        needs=action.needs,
        effects=frozenset(transition.effects) if transition else frozenset(),
        cancels=categories == {"cancelled"},
    )


def _why_not(action: Action, blueprint: Blueprint, shown: Standpoint, actor: Actor) -> str:
    if action.name in ("hold", "release"):
        return gettext(words.REFUSALS["forbidden"])
    refused = decisions.refusal(blueprint, action.name, shown.standing, actor)
    return words.explain(refused) if isinstance(refused, Refused) else action.why_not or ""


# --- forms ----------------------------------------------------------------------------------


def proposed(act: Act, shown: ShownOrder) -> dict[str, str]:
    """Return what an act's form begins with."""
    row, values = shown.row, {"scope": "order", "provider": "manual"}
    if "amount" in act.needs:
        due = max(0, row.total_minor - row.captured_minor)
        kept = row.captured_minor - row.refunded_minor
        values["amount"] = format_minor(kept if "refund" in act.effects else due, row.currency)
    if act.cancels and "owe_refund" in act.effects:
        values["reason"] = "buyer"
    for line in shown.document["lines"]:
        values[f"line-{line['id']}"] = str(left_of(line))
    return values


def left_of(line: Mapping[str, Any]) -> int | str:
    """Return how much of a line is still to be shipped, in the SKU's unit."""
    quantity, shipped = line["quantity"], line["shipped"]
    if isinstance(quantity, int):
        return int(quantity - int(shipped))
    decimals = len(str(quantity).partition(".")[2])
    scale: int = 10**decimals
    left = round(float(quantity) * scale) - round(float(shipped) * scale)
    return f"{left / scale:.{decimals}f}"


def typed(given: QueryDict) -> dict[str, str]:
    """Return what was typed (or scanned) into a form, by field, without control characters."""
    return {
        name: "".join(letter for letter in value if letter == "\n" or category(letter) != "Cc")
        for name, value in given.items()
        if isinstance(value, str)
    }


def read_inputs(
    act: Act, given: Mapping[str, str], *, whole: bool = False
) -> TransitionInputs | Refused:
    """Return what a form says, or what is wrong with it at which field.

    `whole` where no lines are asked for: then all that is left of each is meant.
    """
    told: dict[str, Any] = {}
    for name in _TEXTS:
        value = given.get(name, "").strip()
        if value and (name in act.needs or (name == "scope" and act.name == "hold")):
            told[name] = value.translate(_AMOUNT_MARKS) if name == "amount" else value
    note = given.get("note", "").strip()
    if note and act.cancels:
        told["note"] = note
    if act.needs_reason and not told.get("reason"):
        return fault("reason", gettext("Say why."))
    if "lines" in act.needs and not whole:
        lines = _lines(given)
        if not lines:
            return fault("lines", gettext("Type how much is shipped of at least one line."))
        told["lines"] = lines
    try:
        return msgspec.convert(told, TransitionInputs, strict=True)
    except msgspec.ValidationError as error:
        return fault(_field(str(error)), gettext("This is too long."))


def _lines(given: Mapping[str, str]) -> list[ShipLine]:
    found = []
    for name, value in given.items():
        quantity = value.strip()
        if name.startswith("line-") and quantity and quantity.strip("0.") != "":
            found.append(ShipLine(line=name.removeprefix("line-"), quantity=quantity))
    return found


def fault(name: str, text: str) -> Refused:
    """Return the refusal of one field of a form."""
    return Refused("invalid-request", text, 422, (Fault(name, text),))


def _field(message: str) -> str:
    return message.rpartition("$.")[2].rstrip("`")


def faults_of(refused: Refused, lines: list[ShipLine] | None) -> dict[str, str]:
    """Return a refusal's faults by the form's field."""
    found = {}
    for fault in refused.errors:
        name = fault.loc
        if name.startswith("lines[") and lines:
            place = int(name[6:].partition("]")[0])
            name = f"line-{lines[place].line}"
        found[name] = _said(name, fault.msg)
    return found


def _said(name: str, message: str) -> str:
    if name == "amount":
        return gettext("Type an amount such as 128.50, more than 0.")
    if name.startswith("line-"):
        return gettext("Type a quantity that is still to be shipped.")
    return message
