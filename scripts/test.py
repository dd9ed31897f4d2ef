"""Run the tests: what needs no database once, the rest on each engine, then a browser.

The parts run side by side, one more of them than there are processors: while one waits for a disk
or a server the others compute. A developer's machine may lack a server or a browser: the part is
skipped and a plain line says so. With `--strict` (and always when CI is set) a part that did not
run is a failure.

    scripts/test.py                    every test
    scripts/test.py sqlite             one part
    scripts/test.py --slowest 30       every test, with the thirty slowest of each part
"""

import argparse
import contextlib
import importlib.util
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import brokers
import installing
import services
import strays
from installing import NotCovered
from running import ROOT, Ended, Job, run_all

ENGINES = ("postgres", "mariadb", "sqlite")
TESTS = ("once", *ENGINES, "browser")
PARTS = (*TESTS, "rubbish", "checks")
ONCE = ("tests/core", "tests/architecture")
BROWSER = "tests/e2e"
# An engine's tests are two jobs: those that start many processes, and the others.
PROCESSES = ("tests/races", "tests/cli", "tests/scenarios")
SCRATCH_BYTES = 6 * 1024**3
BROWSER_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main(words: Sequence[str] | None = None) -> int:
    """Run the parts asked for and print one line about each; exit 1 when any failed."""
    arguments = _arguments(words)
    begun = time.monotonic()
    jobs: list[Job] = []
    missing: dict[str, str] = {}
    strays.remove_directories()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_scratch())
        for part in sorted(arguments.parts, key=PARTS.index):
            try:
                jobs += _jobs(part, arguments, stack)
            except NotCovered as reason:
                missing[part] = str(reason)
        ended = run_all(_longest_first(jobs), slots=arguments.slots)
    _print_times(ended)
    failed = _print_verdicts(arguments, ended, missing)
    print(f"{time.monotonic() - begun:.0f} s in all, {arguments.slots} side by side.")
    return 1 if failed else 0


@contextlib.contextmanager
def _scratch() -> Iterator[None]:
    """Put temporary files, the throw-away servers' too, into memory where there is plenty of it."""
    try:
        plenty = shutil.disk_usage(strays.MEMORY).free > SCRATCH_BYTES < _free_memory()
    except OSError:
        plenty = False
    if not plenty:
        yield
        return
    with tempfile.TemporaryDirectory(
        prefix=f"laidan_{os.getpid()}_", dir=strays.MEMORY
    ) as directory:
        # The servers do not run as root, and have theirs inside.
        Path(directory).chmod(0o1777)
        tempfile.tempdir = os.environ["TMPDIR"] = directory
        yield
    tempfile.tempdir = None
    del os.environ["TMPDIR"]


def _free_memory() -> int:
    """The bytes that programs may still take, where the kernel tells (Linux)."""
    [line] = (x for x in Path("/proc/meminfo").read_text().splitlines() if "MemAvailable" in x)
    return int(line.split()[1]) * 1024


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", default=TESTS, help=f"some of: {', '.join(PARTS)}")
    parser.add_argument("--strict", action="store_true", default=bool(os.environ.get("CI")))
    parser.add_argument("--slots", type=int, default=(os.cpu_count() or 1) + 1)
    parser.add_argument("--slowest", type=int, default=0, metavar="COUNT")
    parser.add_argument("--pytest", action="append", default=[], metavar="WORD")
    arguments = parser.parse_args(words)
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part: {', '.join(sorted(unknown))}")
    return arguments


def _jobs(part: str, arguments: argparse.Namespace, stack: contextlib.ExitStack) -> list[Job]:
    """Return what a part runs; whatever it needs is found or started, and lives with the stack."""
    if part == "checks":
        return [Job(part, part, [str(ROOT / "scripts" / "check")], {})]
    if part == "rubbish":
        return [Job(part, part, [sys.executable, "scripts/fuzz.py"], {})]

    def pytest(name: str, words: Sequence[str], variables: Mapping[str, str]) -> Job:
        command = [sys.executable, "-m", "pytest", "-q", *words, *arguments.pytest]
        if arguments.slowest:
            command += [f"--durations={arguments.slowest}", "--durations-min=0.5"]
        # Many of the tests start programs: these find their modules compiled.
        return Job(part, name, command, {**variables, "PYTHONDONTWRITEBYTECODE": ""})

    if part == "once":
        return [pytest(part, ONCE, {"LAIDAN_TEST_ENGINE": "none"})]
    if part == "browser":
        return [pytest(part, [BROWSER], {"LAIDAN_TEST_BROWSER": _browser()})]
    return _engine_jobs(part, pytest, stack, arguments)


def _engine_jobs(
    part: str,
    pytest: Callable[..., Job],
    stack: contextlib.ExitStack,
    arguments: argparse.Namespace,
) -> list[Job]:
    variables = {"LAIDAN_TEST_ENGINE": part}
    if part in services.ENGINES:
        engine = services.ENGINES[part]
        url = stack.enter_context(services.server(engine))
        for one in {url, engine.standard_url}:
            strays.drop(engine, one)
        variables[engine.variable] = url
    if part == "sqlite":
        # What goes over the broker asks nothing of the database engine.
        variables |= _broker(stack, is_strict=arguments.strict)
    left_out = [f"--ignore={path}" for path in (*ONCE, *PROCESSES, BROWSER)]
    return [
        pytest(f"{part}, processes", PROCESSES, variables),
        pytest(f"{part}, the rest", ["tests", *left_out], variables),
    ]


def _broker(stack: contextlib.ExitStack, *, is_strict: bool) -> dict[str, str]:
    """Return where the tests find RabbitMQ; without one theirs are skipped, unless that is strict."""
    try:
        return {brokers.VARIABLE: stack.enter_context(brokers.broker())}
    except NotCovered as reason:
        if is_strict:
            raise
        print(f"Events and commands over RabbitMQ are not covered: {reason}")
        return {}


def _longest_first(jobs: Sequence[Job]) -> list[Job]:
    """Put short jobs last, where they fill what the long ones leave."""
    return sorted(jobs, key=lambda job: (job.part not in ENGINES, PARTS.index(job.part)))


def _print_times(ended: Sequence[Ended]) -> None:
    print("\nSeconds of the clock and of the processors (without the database servers'):")
    for one in sorted(ended, key=lambda one: -one.seconds):
        print(f"  {one.seconds:6.0f} {one.processor_seconds:6.0f}  {one.job.name}")


def _print_verdicts(
    arguments: argparse.Namespace, ended: Sequence[Ended], missing: Mapping[str, str]
) -> bool:
    """Print a line about each part; tell whether any failed."""
    failed = False
    print("\nLaidan's tests:")
    for part in arguments.parts:
        bad = [one for one in ended if one.job.part == part and one.code != 0]
        verdict = "passed"
        if part in missing:
            verdict = f"{'FAILED' if arguments.strict else 'skipped'}: {missing[part]}"
        elif bad:
            ends = ", ".join(f"{one.job.name} ended with {one.code}" for one in bad)
            verdict = f"FAILED: {ends}"
        failed = failed or verdict.startswith("FAILED")
        print(f"  {part:<9} {verdict}")
    return failed


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
