"""What decides reads no clock and throws no dice: instants and entropy are arguments."""

import ast
from collections.abc import Iterator

import pytest

from architecture.sources import program_sources

QUIET = ("src/laidan/kernel/", "src/laidan/blueprints/", "src/laidan/domain/",
         "src/laidan/usecases/")  # fmt: skip
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "sleep"}
OWNERS = {"datetime", "date", "time", "timezone"}
DICE = {"random", "secrets", "uuid", "time"}


def _reads(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {name.name.split(".")[0] for name in node.names}
            module = getattr(node, "module", None) or ""
            if DICE & ({module.split(".")[0]} if module else names):
                yield node.lineno, "imports a source of chance or time"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if node.func.attr in CLOCKS and name in OWNERS:
                yield node.lineno, f"reads {name}.{node.func.attr}"
            if name == "os" and node.func.attr in {"urandom", "getrandom"}:
                yield node.lineno, "draws entropy"


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "from secrets import token_hex",
        "datetime.now(UTC)",
        "datetime.datetime.now()",
        "timezone.now()",
        "date.today()",
        "os.urandom(8)",
    ],
)
def test_the_check_sees_what_it_looks_for(source):
    assert list(_reads(ast.parse(source)))


@pytest.mark.parametrize("source", ["now", "mint.new()", "f(entropy=os.urandom)", "self._now"])
def test_the_check_lets_arguments_pass(source):
    assert not list(_reads(ast.parse(source)))


def test_nothing_that_decides_reads_a_clock_or_throws_dice():
    found = [
        f"{source.path}:{line} {what}"
        for source in program_sources()
        if source.path.startswith(QUIET)
        for line, what in _reads(source.tree)
    ]
    assert found == []
