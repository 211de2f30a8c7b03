"""What a running service takes of its machine."""

import re
import urllib.request
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import psutil
from prometheus_client.parser import text_string_to_metric_families

from services.app import APPLICATION
from services.common.settings import Settings
from services.storage.store import blob_directory

#: A replica's process says what it does behind its name, and pads that with blanks.
_TITLE: Final = re.compile(rf"ray::ServeReplica:{APPLICATION}:(?P<deployment>\w+)")
_STORE_METRIC: Final = "ray_object_store_used_memory"


@dataclass(frozen=True)
class Taken:
    """By all replicas of one deployment: memory in MB (PSS counts shared pages once, RSS each time), descriptors."""

    pss_mb: float = 0.0
    rss_mb: float = 0.0
    descriptors: int = 0

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(
            self.pss_mb + other.pss_mb, self.rss_mb + other.rss_mb, self.descriptors + other.descriptors
        )  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """All of it at one moment.

    Args:
        at_s: From the run's beginning, in seconds.
        replicas: By deployment.
        blobs: Files in the store.
        object_store_mb: Shared memory for arrays between stages that is in use.
        answered, failed: Calls until then.
        items: Of jobs that have ended until then.
    """

    at_s: float
    replicas: dict[str, Taken]
    blobs: int
    object_store_mb: float
    answered: int
    failed: int
    items: int

    def of(self, deployment: str) -> Taken:
        """By one deployment; nothing while none of its replicas runs."""
        return self.replicas.get(deployment, Taken())

    def row(self) -> dict[str, float]:
        """The columns of a table."""
        columns: dict[str, float] = {"at_s": round(self.at_s, 1)}
        for deployment, taken in self.replicas.items():
            columns |= {f"{deployment}_{name}": round(number, 1) for name, number in vars(taken).items()}
        return columns | {
            "blobs": self.blobs, "object_store_mb": round(self.object_store_mb, 1), "answered": self.answered,
            "failed": self.failed, "items": self.items,
        }  # fmt: skip


def replicas() -> dict[str, Taken]:
    """Of the service that this process started, by deployment."""
    found: defaultdict[str, Taken] = defaultdict(Taken)
    for process in psutil.Process().children(recursive=True):
        try:
            if named := _TITLE.match(" ".join(process.cmdline())):
                memory = process.memory_full_info()
                found[named["deployment"].lower()] += Taken(memory.pss / 1e6, memory.rss / 1e6, process.num_fds())
        except psutil.NoSuchProcess:
            continue
    return dict(sorted(found.items()))


def blob_count(settings: Settings) -> int:
    """Files in the store's directory, half-written ones included."""
    return sum(each.is_file() for each in blob_directory(settings).rglob("*"))


def object_store_mb(settings: Settings) -> float:
    """As Ray's node tells Prometheus; 0 before it has told anything."""
    address = f"http://127.0.0.1:{settings.ray.metrics_port}/metrics"
    with urllib.request.urlopen(address, timeout=10) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return sum(each.value for family in families for each in family.samples if each.name == _STORE_METRIC) / 1e6
