"""What a measurement was made on, so that its figures mean something."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from services import __version__

#: What the stages' speed hangs on.
PACKAGES: Final = ("ray", "torch", "openvino", "onnxruntime", "numpy", "opencv-python-headless", "pillow", "grpcio")


def machine_facts() -> dict[str, Any]:
    """Machine, versions and commit; no name of host or user."""
    return {
        "machine": {
            "cpu": _cpu_name(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "memory_gb": round(_memory_bytes() / 1e9, 1),
            "system": f"{platform.system()} {platform.machine()}",
            "load_1min": round(os.getloadavg()[0], 2),
        },
        "versions": {"vitrine": __version__, "python": platform.python_version()} | _installed(),
        "commit": _commit(),
    }


def _installed() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _commit() -> str:
    """The commit of the checkout this runs from, with "+" when files differ from it; empty when it is none."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],  # noqa: S607 - from the path
            cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return described.stdout.strip()
