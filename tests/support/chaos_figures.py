"""A run in numbers."""

import json
import os
import platform
import time
from collections import Counter
from pathlib import Path


class ChaosFigures:
    """What went wrong during a run, and what it came to.

    Args:
        run: A `ChaosRun` that is over.
        asked: The plan's arguments.
    """

    def __init__(self, run, asked):
        self._run = run
        self._asked = asked

    def write(self, path):
        """Write them as JSON; folders are made."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(json.dumps(self._told(), indent=1), encoding="utf-8")

    def _told(self):
        run, claims = self._run, [item.fence for item in self._run.items]
        return {
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "machine": f"{_processor()}, {os.cpu_count()} cores, load {os.getloadavg()[2]:.0f}",
            "asked": self._asked,
            "seconds": round(run.seconds),
            "blows": Counter(what for _, _, what in run.done),
            "requests to the bucket": run.faults.total(),
            "of them with faults": {fault: count for fault, count in run.faults.items() if fault != "ok"},
            "items": Counter(item.state for item in run.items),
            "reasons of failures": Counter(item.error_code for item in run.items if item.state == "FAILED"),
            "claims": sum(claims),
            "most claims of an item": max(claims),
            "most attempts of an item": max(item.attempts for item in run.items),
            "files that no result named": run.left,
            "files afterwards": len(run.files()),
            "rows of the ledger": len(run.ledger),
            "events of the watchers": sum(len(watcher.versions) for watcher in run.watchers),
            "messages to the consumer": len(run.told()),
            "when": run.done,
        }


def _processor():
    models = [line for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines() if line.startswith("model name")]
    return models[0].partition(": ")[2] if models else platform.processor()
