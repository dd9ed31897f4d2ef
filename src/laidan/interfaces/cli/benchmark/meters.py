"""CPU and memory of process trees, read from /proc; silent where there is no /proc."""

import contextlib
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
GENERATOR = "generator"
LISTENING = "0A"


@dataclass(frozen=True)
class Usage:
    """One line of the process table: who, whose child, and CPU seconds used so far."""

    pid: int
    parent: int
    name: str
    cpu_seconds: float


@dataclass(frozen=True)
class Spent:
    """What a stretch of time cost: wall seconds, CPU seconds by tree, and CPU of everybody else."""

    seconds: float
    cpu_seconds: Mapping[str, float]
    elsewhere_seconds: float

    def micros_each(self, name: str, count: int) -> float | None:
        """CPU microseconds that the named tree spent on each of `count` things, if known."""
        if count <= 0 or name not in self.cpu_seconds:
            return None
        return self.cpu_seconds[name] * 1e6 / count

    @property
    def cores_elsewhere(self) -> float:
        """Cores kept busy by processes that are no part of the measurement."""
        return self.elsewhere_seconds / self.seconds if self.seconds > 0 else 0.0


def can_measure() -> bool:
    """Tell whether this system shows its process table under /proc."""
    return (PROC / "self" / "stat").exists()


def list_processes() -> list[Usage]:
    """List the process table; a process that ends while it is read is left out."""
    read = (read_process(int(entry.name)) for entry in PROC.iterdir() if entry.name.isdigit())
    return [times for times in read if times is not None]


def read_process(pid: int) -> Usage | None:
    """Read one process; its CPU includes the children it has waited for."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    # The name stands in brackets and may itself hold spaces and brackets.
    head, _, tail = text.rpartition(")")
    fields = tail.split()
    ticks = sum(int(field) for field in fields[11:15])
    return Usage(pid, int(fields[1]), head.partition("(")[2], ticks / TICKS_PER_SECOND)


def tree_of(root: int, processes: Iterable[Usage]) -> list[Usage]:
    """Pick a process and all its living descendants."""
    children: dict[int, list[Usage]] = {}
    picked: list[Usage] = []
    for process in processes:
        children.setdefault(process.parent, []).append(process)
        if process.pid == root:
            picked.append(process)
    for process in picked:  # Grows while it is walked: each one brings its children.
        picked.extend(children.get(process.pid, ()))
    return picked


def resident_megabytes(root: int) -> dict[int, float]:
    """Resident memory of each process of a tree, in MB of 10^6 bytes."""
    sizes: dict[int, float] = {}
    for process in tree_of(root, list_processes()):
        try:
            pages = int((PROC / str(process.pid) / "statm").read_text().split()[1])
        except OSError:
            continue
        sizes[process.pid] = pages * PAGE_BYTES / 1e6
    return sizes


def listening_pid(port: int) -> int | None:
    """The process that listens on a TCP port of this machine, where we may see it."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            lines = (PROC / "net" / table).read_text().splitlines()[1:]
            inodes |= {
                fields[9]
                for fields in map(str.split, lines)
                if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port
            }
    targets = {f"socket:[{inode}]" for inode in inodes}
    # Children share the socket that they inherited, so the oldest process is the one asked for.
    for pid in sorted(usage.pid for usage in list_processes()) if targets else ():
        with contextlib.suppress(OSError):
            for entry in (PROC / str(pid) / "fd").iterdir():
                if str(entry.readlink()) in targets:
                    return pid
    return None


def peak_megabytes(pid: int) -> float | None:
    """The most memory that a living process has held so far, in MB of 10^6 bytes."""
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return None


def _busy_seconds() -> float:
    """CPU seconds that all cores together have been busy since the machine started."""
    fields = (PROC / "stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _wait, irq, softirq = (int(field) for field in fields[:7])
    return (user + nice + system + irq + softirq) / TICKS_PER_SECOND


class Meter:
    """Measures the CPU of named process trees, and of this process with its finished children.

    Use as a context manager around the load; `spent` is there once it has ended. What this process
    and the generators that it ran have used is entered as `generator`.
    """

    spent: Spent

    def __init__(self, roots: Mapping[str, int]) -> None:
        """Name the trees to measure by the process id of each root."""
        self._roots = dict(roots)
        self._known = can_measure()

    def _read(self) -> tuple[dict[str, float], float]:
        if not self._known:
            return {}, 0.0
        processes = list_processes()
        trees = {
            name: sum(process.cpu_seconds for process in tree_of(root, processes))
            for name, root in self._roots.items()
        }
        return trees, _busy_seconds()

    def __enter__(self) -> "Meter":
        """Take the first reading."""
        self._trees, self._busy = self._read()
        self._own = sum(os.times()[:4])
        self._began = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the second reading and work out the difference."""
        seconds = time.perf_counter() - self._began
        own = sum(os.times()[:4]) - self._own
        trees, busy = self._read()
        cpu = {name: trees[name] - self._trees[name] for name in trees}
        cpu[GENERATOR] = own
        elsewhere = max(0.0, busy - self._busy - sum(cpu.values())) if self._known else 0.0
        self.spent = Spent(seconds, cpu, elsewhere)
