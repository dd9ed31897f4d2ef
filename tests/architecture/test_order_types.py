"""No code may ask which type an order has: what differs is in the blueprint."""

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "laidan"
TYPES = {path.stem for path in (SOURCE / "blueprints").glob("*.toml")}
TYPE_NAMES = {"type", "type_code", "order_type", "code"}


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _asks_for_a_type(node: ast.AST) -> bool:
    if not isinstance(node, ast.Compare):
        return False
    sides = [node.left, *node.comparators]
    literals = {side.value for side in sides if isinstance(side, ast.Constant)}
    return bool(literals & TYPES) and any(_name(side) in TYPE_NAMES for side in sides)


def test_the_check_sees_what_it_looks_for():
    assert any(_asks_for_a_type(node) for node in ast.walk(ast.parse('order.type == "retail"')))
    assert {"retail", "virtual", "custom"} <= TYPES


def test_no_code_compares_an_order_type_with_a_literal():
    found = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in SOURCE.rglob("*.py")
        if "blueprints" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if _asks_for_a_type(node)
    ]
    assert found == []
