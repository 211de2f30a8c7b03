"""The processes of a service's replicas, found without asking it."""

import signal
import threading
from contextlib import suppress

import psutil

from services.app import APPLICATION


class ReplicaProcesses:
    """Of a service that was started as a process of its own.

    Args:
        root: Id of that process; its Ray's processes come from it.
    """

    def __init__(self, root):
        self._root = psutil.Process(root)

    def of(self, deployment):
        """A deployment's replicas, in the order in which they were started."""
        title = f"ray::ServeReplica:{APPLICATION}:{deployment}"
        found = [each for each in self._root.children(recursive=True) if _title(each).startswith(title)]
        return sorted(found, key=lambda each: (each.create_time(), each.pid))

    def kill_one(self, deployment, chance):
        """Kill one as a lack of memory would; False where none runs."""
        found = self.of(deployment)
        if found:
            chance.choice(found).send_signal(signal.SIGKILL)
        return bool(found)

    def stall_one(self, deployment, chance, seconds):
        """Have one stand still, as a machine that swaps; False where none runs."""
        found = self.of(deployment)
        if found:
            chosen = chance.choice(found)
            chosen.suspend()
            threading.Timer(seconds, _go_on, [chosen]).start()
        return bool(found)


def _go_on(process):
    with suppress(psutil.NoSuchProcess):  # it may have been killed meanwhile
        process.resume()


def _title(process):
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""
