"""All visits of a run, as figures."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from loadtests.peers.callers import KINDS, SHOT
from loadtests.peers.figures import added, latency, median, overload, throughput
from loadtests.peers.load import Call
from loadtests.peers.verdict import rows
from loadtests.peers.visit import AT_RATE, IN_TURNS, ONE_CLIENT, OVERLOADED, SATURATED, Visit


def figures_of(visits: Sequence[Visit]) -> dict[str, Any]:
    """One peer's, of all its visits."""
    apart = {kind: [throughput(each.stretches[SATURATED, kind]) for each in visits] for kind in KINDS}
    found: dict[str, Any] = {
        "ready_s": [each.ready_s for each in visits],
        "first_answer_s": [each.first_answer_s for each in visits],
        "pss_mb": [each.pss_mb for each in visits],
        "rest_mb": median([max(each.pss_mb["started"], each.pss_mb["after work"]) for each in visits]),
        "rest_cpu": median([each.rest_cpu for each in visits]),
        "cpu_s": {kind: _by_role([each.cpu_s[kind] for each in visits]) for kind in KINDS},
        "throughput_rounds_per_s": apart,
        "throughput_per_s": {kind: median(apart[kind]) for kind in KINDS},
        "one_client": {},
        "at_rate": {},
        "own_cpu": max(stretch.own_cpu for each in visits for stretch in each.stretches.values()),
    }
    for kind in KINDS:
        alone = calls(visits, ONE_CLIENT, kind) or calls(visits, IN_TURNS, kind)
        for way in sorted({each.way for each in alone}):
            found["one_client"].setdefault(kind, {})[way] = latency([each for each in alone if each.way == way])
        if due := calls(visits, AT_RATE, kind):
            found["at_rate"][kind] = latency(due)
    flooded = [each.stretches[OVERLOADED, SHOT] for each in visits if (OVERLOADED, SHOT) in each.stretches]
    if flooded:
        found["overload"] = overload(flooded[-1])
    return found


def _by_role(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of all rounds; a role that one of them lacks took nothing there."""
    roles = sorted({role for each in rounds for role in each})
    return {role: sum(each.get(role, 0.0) for each in rounds) / len(rounds) for role in roles}


def calls(visits: Sequence[Visit], what: str, kind: str) -> list[Call]:
    """Of all rounds."""
    return [call for each in visits if (what, kind) in each.stretches for call in each.stretches[what, kind].calls]


def added_by_serving(plain: Sequence[Visit], served: Sequence[Visit]) -> dict[str, Any]:
    """What (e) takes more than (d) in the same turn, by kind and way."""
    found: dict[str, Any] = {}
    for kind in KINDS:
        without, through = calls(plain, IN_TURNS, kind), calls(served, IN_TURNS, kind)
        ways = sorted({each.way for each in through})
        found[kind] = {way: added(without, [each for each in through if each.way == way]) for way in ways}
    return found


def report(visits: Sequence[Visit], beside: Sequence[Visit]) -> dict[str, Any]:
    """Figures of all peers, and the table of what must be shown.

    Args:
        visits: Of all peers and rounds.
        beside: What (d) took in turns with (e).
    """
    letters = sorted({each.letter for each in visits})
    of = {letter: [each for each in visits if each.letter == letter] for letter in letters}
    peers = {letter: figures_of(of[letter]) for letter in letters}
    more = added_by_serving(beside, of["e"])
    table = [asdict(row) | {"verdict": row.verdict} for row in rows(peers, more)]
    return {"peers": peers, "added": more, "must_show": table}


def save_samples(visits: Sequence[Visit], file: Path) -> None:
    """Every call as a line."""
    with file.open("w", newline="", encoding="utf-8") as out:
        table = csv.writer(out)
        table.writerow(("peer", "round", "measured", "kind", "way", "due_s", "took_s", "outcome"))
        for visit in visits:
            for (what, kind), stretch in visit.stretches.items():
                of = (visit.letter, visit.number, what, kind)
                for each in stretch.calls:
                    due_s, took_s = round(each.due_s - stretch.began_s, 4), round(each.took_s, 4)
                    table.writerow((*of, each.way, due_s, took_s, each.outcome))
