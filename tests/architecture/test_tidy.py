"""House rules that no linter knows: sizes, names, docstrings, purity, nobody's machine."""

import ast
import json
import re
from collections.abc import Iterator

import pytest

from architecture.sources import ROOT, Source, program_sources, project_files, python_sources

FILE_LINES = 300
FUNCTION_LINES = 40
FILE_LINES_AT_MOST = 500
FUNCTION_LINES_AT_MOST = 70
# How far a listed size may fall before its number in the ratchet has to follow.
SLACK = 10
RATCHET = ROOT / "tests/architecture/ratchet.json"

FORBIDDEN_WORDS = re.compile(r"(?:^|_)(managers?|helpers?|utils?)(?:$|_)")
# As nouns these have their place (an operating system's process); as verbs they say nothing.
# The one exception is what Django calls a middleware's method.
FORBIDDEN_VERBS = re.compile(r"^_*(handle|process(?!_exception$))(?:$|_)")
# Words that only a machine or an index that the project was written on would bring in. They are
# put together from halves, so that this file does not find itself.
MACHINE_WORDS = re.compile(
    "|".join(("/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/[a-z]", "pypi" + r"\.org",
              "python" + "hosted", "npm" + r"js\.(org|com)", "npm" + "mirror", "/tmp/br" + "iefs")),
    re.IGNORECASE,
)  # fmt: skip
TEXT_ENDINGS = (
    ".cfg", ".css", ".html", ".ini", ".js", ".json", ".lock", ".md", ".mjs", ".po", ".py", ".scss",
    ".sh", ".svg", ".toml", ".ts", ".txt", ".yaml", ".yml",
)  # fmt: skip


def test_files_and_functions_stay_short():
    """Sizes over the aim are listed in the ratchet with their number, which may only fall."""
    allowed = json.loads(RATCHET.read_text(encoding="utf-8"))
    over = dict(_sizes_over_the_aim())
    grown = {name: size for name, size in over.items() if size > allowed.get(name, 0)}
    slack = {name: size for name, size in allowed.items() if over.get(name, 0) + SLACK < size}
    assert not grown, f"over the aim of {FILE_LINES} and {FUNCTION_LINES} lines: {grown}"
    assert not slack, f"smaller now: lower or remove these in {RATCHET.name}: {slack}"


def test_the_ratchet_keeps_to_the_hard_limits():
    allowed = json.loads(RATCHET.read_text(encoding="utf-8"))
    too_long = {
        name: size
        for name, size in allowed.items()
        if size > (FUNCTION_LINES_AT_MOST if "::" in name else FILE_LINES_AT_MOST)
    }
    assert not too_long


def _sizes_over_the_aim() -> Iterator[tuple[str, int]]:
    for source in python_sources():
        if source.is_migration:
            continue
        lines = source.text.count("\n")
        if lines > FILE_LINES:
            yield source.path, lines
        for name, node in source.functions():
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{source.path}::{name}", length


def test_everything_public_has_one_true_line():
    missing = [name for source in program_sources() for name in _public_without_docstring(source)]
    assert not missing, "no docstring:\n" + "\n".join(missing)


def _public_without_docstring(source: Source) -> Iterator[str]:
    if source.text.strip() and not ast.get_docstring(source.tree):
        yield source.path
    for node, name in _public_definitions(source.tree, ""):
        if not ast.get_docstring(node):
            yield f"{source.path}::{name}"


def _public_definitions(
    parent: ast.Module | ast.ClassDef, prefix: str
) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, str]]:
    for node in parent.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        # Meta and Django's own hooks say nothing that their names do not.
        if node.name.startswith("_") or node.name == "Meta" or _overrides(node):
            continue
        yield node, prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from _public_definitions(node, f"{prefix}{node.name}.")


def _overrides(node: ast.AST) -> bool:
    """Whether a decorator says that a method repeats its base class's promise."""
    decorators = getattr(node, "decorator_list", [])
    names = {ast.unparse(decorator).rsplit(".", 1)[-1] for decorator in decorators}
    return bool(names & {"overload", "override", "setter"})


def test_names_say_what_a_thing_is():
    found = [
        f"{source.path}::{name}"
        for source in program_sources()
        for name in _names(source)
        if FORBIDDEN_WORDS.search(_snake(name)) or FORBIDDEN_VERBS.match(name)
    ]
    assert not found, "manager, helper, util, handle and process name nothing:" + str(found)


def _names(source: Source) -> Iterator[str]:
    yield source.path.rsplit("/", 1)[-1].removesuffix(".py")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def test_cores_read_no_clock_and_no_entropy():
    pure = [s for s in program_sources() if s.path.endswith("/core.py") or "/kernel/" in s.path]
    called = re.compile(r"\b(datetime\.now|datetime\.utcnow|date\.today|timezone\.now|uuid4)\b")
    assert pure
    assert [s.path for s in pure if called.search(s.text)] == []


def test_no_signals_and_no_work_hidden_in_save():
    signals = re.compile(r"django\.(db\.models|core|dispatch|contrib\.auth)\.?signals|@receiver\b")
    found = [s.path for s in program_sources() if signals.search(s.text)]
    for source in program_sources():
        if source.path.endswith("/models.py"):
            found += [
                f"{source.path}::{name}"
                for name, _ in source.functions()
                if name.rsplit(".", 1)[-1] in {"save", "delete", "clean"}
            ]
    assert not found


def test_no_code_asks_which_type_an_order_has():
    """Blueprints choose; a comparison of a type's name with a literal would be a fork."""
    forks = [
        f"{source.path}:{node.lineno}"
        for source in program_sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Compare) and _compares_order_type(node)
    ]
    assert not forks


def _compares_order_type(node: ast.Compare) -> bool:
    sides = [node.left, *node.comparators]
    names = {getattr(side, "attr", getattr(side, "id", "")) for side in sides}
    has_literal = any(isinstance(s, ast.Constant) and isinstance(s.value, str) for s in sides)
    return has_literal and bool(names & {"order_type", "blueprint_code", "blueprint_name"})


def test_unfinished_marks_are_not_left_behind():
    marks = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
    assert [s.path for s in python_sources() if marks.search(s.text)] == []


def test_silenced_checks_give_their_reason():
    """`# noqa: X - reason` and `# type: ignore[x] # reason`; never without."""
    silenced = re.compile(r"#\s*(?:noqa|type:\s*ignore)\b(?P<rest>.*)")
    given = re.compile(r"^(\[[\w\-, ]+\]|:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*)\s*(#|-|–)\s*\S+")
    found = []
    for source in python_sources():
        for number, line in enumerate(source.text.splitlines(), 1):
            match = silenced.search(line)
            if match and "re.compile" not in line and not given.match(match["rest"]):
                found.append(f"{source.path}:{number}: {line.strip()}")
    assert [place for place in found if "test_tidy.py" not in place] == []


@pytest.mark.parametrize("kind", ["path", "text"])
def test_nothing_of_one_machine_is_in_the_project(kind):
    found = []
    for path in project_files():
        name = path.rsplit("/", 1)[-1]
        if path.endswith(TEXT_ENDINGS) or "." not in name:
            value = path if kind == "path" else _read(path)
            found += [f"{path}: {m.group()}" for m in MACHINE_WORDS.finditer(value)]
    assert not found


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def test_migrations_are_named_by_a_person():
    auto = [s.path for s in python_sources() if re.search(r"/migrations/\d+_auto_", s.path)]
    assert not auto
