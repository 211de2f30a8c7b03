"""What was found, as a section of a document."""

import itertools
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Final

from loadtests.ingress.caller import CUTOUT, KINDS, LIST, UPLOAD
from loadtests.ingress.front import DIRECT, FRONTS
from loadtests.ingress.visit import PROTOCOLS, Visit
from loadtests.markdown import table

#: With more than this at the beginning, others worked on the same cores.
QUIET_LOAD: Final = 1.0
_NAMES: Final = {LIST: "the list of scenes", UPLOAD: "a photo that is refused", CUTOUT: "a remembered cutout"}
_PACKAGES: Final = ("ray", "grpcio", "python")


def page(facts: Mapping[str, Any], visits: Sequence[Visit]) -> str:
    """Machine and table.

    Args:
        facts: Of `machine_facts`, with `command`, `load_1min_after`, `photo_bytes`, `clients` and `haproxy`.
        visits: Of all rounds.
    """
    machine, versions = facts["machine"], facts["versions"]
    packages = ", ".join(f"{name} {versions[name]}" for name in _PACKAGES if name in versions)
    busy = " **A rehearsal: others worked on the same cores.**" if machine["load_1min"] > QUIET_LOAD else ""
    about = (
        f"`{facts['command']}`: {machine['cpu']}, {machine['cores']} cores, load {machine['load_1min']} before and "
        f"{facts['load_1min_after']} after; {packages}, {facts['haproxy']}; commit {facts['commit']}; "
        f"{max(each.number for each in visits)} rounds; a photo of {facts['photo_bytes'] / 1e6:.2f} MB. Medians "
        f"(quartiles); of calls at once, by round.{busy}"
    )
    columns = ["call", *itertools.chain(*(_titles(front.title) for front in FRONTS)), "n"]
    lines = [_alone(visits, protocol, kind) for protocol in PROTOCOLS for kind in KINDS]
    lines += [_at_once(visits, protocol, facts["clients"]) for protocol in PROTOCOLS]
    return f"{about}\n\n{table(columns, lines)}\n"


def _titles(front: str) -> tuple[str, str, str]:
    return front, "past it", f"added by {front}"


def _alone(visits: Sequence[Visit], protocol: str, kind: str) -> list[str]:
    cells, counts = [], []
    for front in FRONTS:
        own = [each for each in visits if each.front == front.name]
        through, past = (
            [s for each in own for s in each.took_s[protocol, kind, door]] for door in (front.name, DIRECT)
        )
        more = [one - other for one, other in zip(through, past, strict=True)]
        cells += [_spread_ms(through), _spread_ms(past), f"**{_spread_ms(more)}**"]
        counts.append(len(through))
    return [f"{protocol}, {_NAMES[kind]}", *cells, str(min(counts))]


def _at_once(visits: Sequence[Visit], protocol: str, clients: int) -> list[str]:
    cells = []
    for front in FRONTS:
        through, past = (
            [each.per_s[protocol, door] for each in visits if each.front == front.name] for door in (front.name, DIRECT)
        )
        times = statistics.median(through) / statistics.median(past)
        cells += [_by_round(through), _by_round(past), f"**{times:.2f} of it**"]
    return [f"{protocol}, lists a second, {clients} clients", *cells, str(len(visits) // len(FRONTS))]


def _spread_ms(seconds: Sequence[float]) -> str:
    middle = statistics.median(seconds)
    quartiles = statistics.quantiles(seconds, n=4, method="inclusive") if len(seconds) > 1 else [middle] * 3
    digits = 1 if abs(middle) < 0.1 else 0
    low, median, high = (f"{1000 * each:.{digits}f}" for each in quartiles)
    return f"{median} ms ({low} to {high})"


def _by_round(per_s: Sequence[float]) -> str:
    return f"{statistics.median(per_s):.0f} ({', '.join(f'{each:.0f}' for each in per_s)})"
