"""The project's own files, parsed once for all the tests of this directory."""

import ast
import functools
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file: its path from the root, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def is_test(self) -> bool:
        """Whether the file belongs to the tests."""
        return self.path.startswith("tests/")

    @property
    def is_migration(self) -> bool:
        """Whether the file is a schema migration."""
        return "/migrations/" in self.path

    def functions(self) -> Iterator[tuple[str, FunctionNode]]:
        """Every function with its dotted name inside the file."""
        yield from _functions(self.tree, "")


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, FunctionNode]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + child.name, child
            yield from _functions(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.")


@functools.cache
def project_files() -> tuple[str, ...]:
    """Paths of all files that git knows or would add, from the root; deleted ones left out."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    paths = sorted(set(listed.decode().split("\0")) - {""})
    return tuple(path for path in paths if (ROOT / path).is_file())


@functools.cache
def python_sources() -> tuple[Source, ...]:
    """Every Python file of the project."""
    sources = []
    for path in project_files():
        if path.endswith(".py"):
            text = (ROOT / path).read_text(encoding="utf-8")
            sources.append(Source(path, text, ast.parse(text, path)))
    return tuple(sources)


def program_sources() -> list[Source]:
    """The Python files of the program itself, without migrations."""
    return [
        source
        for source in python_sources()
        if source.path.startswith("src/laidan/") and not source.is_migration
    ]
