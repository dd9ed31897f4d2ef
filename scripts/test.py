"""Run the whole test suite: what needs no database once, the rest on each engine, then a browser.

A developer's machine may lack a server or a browser: the part is skipped and a plain line says so.
With `--strict` (and always when CI is set) a part that did not run is a failure.
"""

import argparse
import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import installing
import services
from installing import NotCovered

ROOT = Path(__file__).resolve().parent.parent
ENGINES = ("sqlite", *services.ENGINES)
ONCE = ("tests/core", "tests/architecture")
BROWSER = "tests/e2e"
BROWSER_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PYTEST_FOUND_NO_TESTS = 5


def main(words: Sequence[str] | None = None) -> int:
    """Run the parts asked for and print one line about each; exit 1 when any failed."""
    arguments = _arguments(words)
    lines: list[tuple[str, str]] = []
    for part in arguments.parts:
        begun = time.monotonic()
        try:
            verdict = _run_part(part, arguments.pytest)
        except NotCovered as reason:
            verdict = f"{'FAILED' if arguments.strict else 'skipped'}: {reason}"
        lines.append((part, f"{verdict} ({time.monotonic() - begun:.0f} s)"))
    print("\nLaidan's tests:")
    for part, verdict in lines:
        print(f"  {part:<9} {verdict}")
    return 1 if any(verdict.startswith("FAILED") for _, verdict in lines) else 0


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parts = ("once", *ENGINES, "browser")
    parser.add_argument("parts", nargs="*", default=parts, help=f"some of: {', '.join(parts)}")
    parser.add_argument("--strict", action="store_true", default=bool(os.environ.get("CI")))
    parser.add_argument("--pytest", action="append", default=[], metavar="WORD")
    arguments = parser.parse_args(words)
    unknown = set(arguments.parts) - set(parts)
    if unknown:
        parser.error(f"unknown part: {', '.join(sorted(unknown))}")
    return arguments


def _run_part(part: str, extra: Sequence[str]) -> str:
    if part == "once":
        return _pytest(part, [*ONCE, *extra], {"LAIDAN_TEST_ENGINE": "none"})
    if part == "browser":
        return _pytest(part, [BROWSER, *extra], {"LAIDAN_TEST_BROWSER": _browser()}, workers=0)
    ignored = [f"--ignore={path}" for path in (*ONCE, BROWSER)]
    with contextlib.ExitStack() as stack:
        variables = {"LAIDAN_TEST_ENGINE": part}
        if part in services.ENGINES:
            engine = services.ENGINES[part]
            variables[engine.variable] = stack.enter_context(services.server(engine))
        return _pytest(part, ["tests", *ignored, *extra], variables)


def _pytest(part: str, words: Sequence[str], variables: dict[str, str], workers: int = 2) -> str:
    print(f"\n--- {part}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), *words]
    code = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **variables}, check=False
    ).returncode
    if code == PYTEST_FOUND_NO_TESTS:
        return "FAILED: no test was found"
    return "passed" if code == 0 else f"FAILED: pytest exited with {code}"


def _browser() -> str:
    """The path of a Chromium, installed from the distribution when that is allowed."""
    if importlib.util.find_spec("playwright") is None:
        raise NotCovered("playwright is not installed; run make setup")
    found = _find_browser()
    if found is None and installing.may_install():
        installing.install(("chromium", "fonts-noto-cjk"))
        found = _find_browser()
    if found is None:
        raise NotCovered("no Chromium was found on the path")
    return found


def _find_browser() -> str | None:
    given = os.environ.get("LAIDAN_TEST_BROWSER")
    return given or next(filter(None, map(shutil.which, BROWSER_PROGRAMS)), None)


if __name__ == "__main__":
    sys.exit(main())
