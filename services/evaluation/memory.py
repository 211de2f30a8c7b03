"""The most memory this process held, told by the system."""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_STATUS: Final = Path("/proc/self/status")
_CLEAR: Final = Path("/proc/self/clear_refs")
#: Written to `_CLEAR`, makes Linux forget the peak so far (proc(5)).
_FORGET: Final = "5"


@dataclass
class Peak:
    """Bytes held at most, all of the process included; 0 until the watch ends."""

    size_bytes: int = 0


@contextmanager
def watched() -> Iterator[Peak]:
    """The peak while inside; where the system can't forget an earlier, higher one, that one. Never too little."""
    peak = Peak()
    with suppress(OSError):
        _CLEAR.write_text(_FORGET, "ascii")
    yield peak
    peak.size_bytes = _peak_bytes()


def _peak_bytes() -> int:
    try:
        lines = _STATUS.read_text("utf-8").splitlines()
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
