"""Every use case says what its callers must be allowed, and asks them for it."""

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from architecture.sources import program_sources
from laidan.blueprints import decisions, library, loader
from laidan.kernel.actor import SYSTEM, Actor
from laidan.kernel.outcome import Done, Outcome
from laidan.kernel.permissions import PERMISSIONS, SCOPES
from laidan.usecases import needing

pytestmark = pytest.mark.one_engine
TRANSACTIONS = {"run_batch", "run_once", "run_undone"}


def _use_cases() -> Iterator[tuple[str, str]]:
    """Yield every public function of a use case's file that begins a transaction."""
    for source in program_sources():
        if not source.path.startswith("src/laidan/usecases/"):
            continue
        for node in source.tree.body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            called = {
                one.func.attr
                for one in ast.walk(node)
                if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute)
            }
            if called & TRANSACTIONS:
                module = source.path.removeprefix("src/").removesuffix(".py").replace("/", ".")
                yield module, node.name


def test_every_public_use_case_declares_what_it_needs() -> None:
    """Put `@needing.needs("area.act")` above a new use case (or say why nobody is asked)."""
    found = list(_use_cases())
    silent = [
        f"{module}.{name}"
        for module, name in found
        if needing.declared(getattr(importlib.import_module(module), name)) is None
    ]
    assert silent == []
    assert len(found) > 40


def test_whatever_is_declared_exists_and_whatever_exists_belongs_to_a_scope() -> None:
    for module, name in _use_cases():
        declared = needing.declared(getattr(importlib.import_module(module), name))
        assert declared is not None
        assert set(declared.permissions) <= set(PERMISSIONS), name
        assert declared.permissions or declared.why, name
    assert {one.scope for one in PERMISSIONS.values()} <= set(SCOPES)
    for one in PERMISSIONS.values():
        assert set(one.label) == set(one.sentence) == {"en", "zh-hans"}, one.name


def test_every_shipped_transition_has_a_permission() -> None:
    expected = {
        "pay": "pay", "approve": "approve", "reject": "approve", "ship": "ship",
        "deliver": "deliver", "confirm_receipt": "complete", "close": "complete",
        "revive": "revive", "refund": "refund", "cancel": "cancel",
    }  # fmt: skip
    for source in library.shipped_sources().values():
        blueprint = loader.load(source)
        for transition in (one for many in blueprint.transitions.values() for one in many):
            permission = decisions.permission(blueprint, transition)
            assert permission in PERMISSIONS, (blueprint.code, transition.name)
            if blueprint.code == "retail":
                assert permission == f"orders.transition.{expected[transition.name]}"


@dataclass(frozen=True)
class Wish:
    """A request."""

    number: int
    actor: Actor
    link: str | None = None


def test_those_who_may_go_on_and_the_others_are_refused_in_their_places() -> None:
    asked: list[list[int]] = []

    @needing.needs("stock.adjust")
    def adjust(batch: list[Wish]) -> list[Outcome[int]]:
        asked.append([wish.number for wish in batch])
        return [Done(wish.number) for wish in batch]

    nobody = Actor("S", "user:nobody", frozenset(["stock:read"]))
    outcomes = adjust([Wish(1, SYSTEM), Wish(2, nobody), Wish(3, SYSTEM)])
    assert outcomes[0] == Done(1)
    assert outcomes[2] == Done(3)
    refused = outcomes[1]
    assert not isinstance(refused, Done)
    assert (refused.code, refused.status) == ("forbidden", 403)
    assert refused.detail == "You do not have permission; ask your administrator"
    assert refused.extra == {"permission": "stock.adjust", "scope": "stock:write"}
    assert asked == [[1, 3]]
    assert adjust([Wish(4, nobody)])[0] == refused
    assert asked == [[1, 3]]


def test_what_is_linked_to_a_refused_request_is_refused_with_it() -> None:
    asked: list[list[int]] = []

    @needing.needs("stock.adjust")
    def adjust(batch: list[Wish]) -> list[Outcome[int]]:
        asked.append([wish.number for wish in batch])
        return [Done(wish.number) for wish in batch]

    nobody = Actor("S", "user:nobody", frozenset(["stock:read"]))
    chained = [
        Wish(1, SYSTEM, "a"), Wish(2, nobody, "a"), Wish(3, SYSTEM, "a"), Wish(4, SYSTEM, "b"),
        Wish(5, SYSTEM), Wish(6, nobody), Wish(7, SYSTEM), Wish(8, SYSTEM, "a"),
    ]  # fmt: skip
    told = [one if isinstance(one, Done) else one.code for one in adjust(chained)]
    other = "linked-order-refused"
    assert told == [other, "forbidden", other, Done(4), Done(5), "forbidden", Done(7), Done(8)]
    assert asked == [[4, 5, 7, 8]]


def test_a_name_that_is_no_permission_is_refused_at_import() -> None:
    with pytest.raises(ValueError, match=r"stock\.eat"):
        needing.needs("stock.eat")
