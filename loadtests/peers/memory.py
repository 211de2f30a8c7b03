"""Memory and CPU time of a process and all that it started, as Linux tells it."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

import psutil

_PROC: Final = Path("/proc")
T = TypeVar("T")


def pss_mb(smaps_rollup: str) -> float:
    """The proportional set size in a `smaps_rollup` file: memory that processes share counts once among them.

    Returns:
        Megabytes (10^6).

    Raises:
        ValueError: The text has no such line.
    """
    for line in smaps_rollup.splitlines():
        name, _, rest = line.partition(":")
        if name == "Pss":
            return int(rest.split()[0]) * 1024 / 1e6
    raise ValueError("expected a line 'Pss: … kB', got none")


def tree(pid: int) -> list[psutil.Process]:
    """That process and all below it; nothing if it has ended."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def tree_pss_mb(pid: int, proc: Path = _PROC) -> float:
    """Memory of all of them together, in megabytes."""
    return sum(_of_those_that_live(pid, lambda each: pss_mb((proc / str(each.pid) / "smaps_rollup").read_text())))


def cpu_share(pid: int, for_s: float) -> float:
    """Cores that all of them keep busy during the next `for_s` seconds."""
    before = sum(_of_those_that_live(pid, _cpu_s))
    time.sleep(for_s)
    return max(0.0, sum(_of_those_that_live(pid, _cpu_s)) - before) / for_s


def cpu_by_role(pid: int) -> dict[str, float]:
    """Seconds of CPU time that processes of each role have taken so far."""
    found: Counter[str] = Counter()
    for name, seconds in _of_those_that_live(pid, lambda each: (role(each.cmdline()), _cpu_s(each))):
        found[name] += seconds
    return dict(found)


def role(command: Sequence[str]) -> str:
    """What a process does, by its command line: a deployment or actor of Ray's, or else the program's name."""
    program = command[0] if command else ""
    if program.startswith("ray::"):
        return program.split()[0].rpartition(":")[2]
    module = command.index("-m") + 1 if "-m" in command[:-1] else 0
    return command[module] if module else Path(program).name


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _of_those_that_live(pid: int, read: Callable[[psutil.Process], T]) -> Iterator[T]:
    for each in tree(pid):
        try:
            yield read(each)
        except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            continue  # it ended between both looks
