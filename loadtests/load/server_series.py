"""What the service tells Prometheus of itself during a run: queues, replicas, work under way."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import httpx

#: What is read, and what its values are told apart by; values alike are added up. Ray's own exporter tells of Serve and
#: of replicas, the gateway of jobs; see `services/common/metrics.py`.
SERIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ray_serve_deployment_queued_queries": "deployment",
        "ray_serve_replica_processing_queries": "deployment",
        "ray_serve_deployment_replica_healthy": "deployment",
        "ray_vitrine_requests_in_flight": "",
        "vitrine_job_items": "state",
    }
)
#: Ray tells of everything, nearly a megabyte; reading all of it as Prometheus does would hold up the callers.
_LINE: Final = re.compile(rf"^(?P<name>{'|'.join(SERIES)})(?:{{(?P<labels>[^}}]*)}})? (?P<value>\S+)$", re.MULTILINE)
_LABEL: Final = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Reading:
    """A value at a moment.

    Args:
        at_s: From the run's beginning, in seconds.
        name: The metric's.
        of: The deployment, or the state; empty where nothing is told apart.
        value: The sum.
    """

    at_s: float
    name: str
    of: str
    value: float


def readings(page: str, at_s: float) -> Iterator[Reading]:
    """Those of a page in Prometheus' text format that are in `SERIES`."""
    sums: defaultdict[tuple[str, str], float] = defaultdict(float)
    for line in _LINE.finditer(page):
        labels = dict(_LABEL.findall(line["labels"] or ""))
        sums[line["name"], labels.get(SERIES[line["name"]], "")] += float(line["value"])
    for (name, of), value in sums.items():
        yield Reading(at_s, name, of, value)


class Scraper:
    """Reads pages.

    Args:
        addresses: Of the pages; what does not answer is left out.
    """

    def __init__(self, addresses: list[str]) -> None:
        self._addresses = addresses
        self._http = httpx.Client(timeout=10)
        self.readings: list[Reading] = []

    def read(self, at_s: float) -> None:
        """One reading of everything."""
        for address in self._addresses:
            try:
                page = self._http.get(address)
            except httpx.HTTPError:
                continue
            if page.is_success:
                self.readings += readings(page.text, at_s)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
