"""A run becomes tables, and stands in the document between its marks."""

import csv

from loadtests.peers.callers import CUTOUT, KINDS, SHOT
from loadtests.peers.figures import latency
from loadtests.peers.load import Call, Stretch
from loadtests.peers.page import PROGRAM, page, put_into_docs
from loadtests.peers.report import report, save_samples
from loadtests.peers.visit import AT_RATE, IN_TURNS, ONE_CLIENT, OVERLOADED, SATURATED, Visit

CLIENTS = 2


def stretch(kind, took_s, ways=("HTTP",), count=12):
    calls = [Call(kind, ways[n % len(ways)], n * took_s, (n + 1) * took_s, "ok") for n in range(count)]
    return Stretch(0.0, count * took_s, tuple(calls), 0.01, 1.0)


def visit(letter, took_s):
    served = letter in "bce"
    parts = [SATURATED, *([AT_RATE] if served else []), *([] if letter == "e" else [ONE_CLIENT])]
    made = Visit(letter, 1, 30.0, 31.0, {"started": 3000.0, "at work": 4000.0, "after work": 3500.0}, 0.05)
    made.cpu_s = {kind: {"Segment": took_s / 2, "raylet": took_s / 100, "IDLE": 0.001} for kind in KINDS}
    made.stretches = {(part, kind): stretch(kind, took_s) for part in parts for kind in KINDS}
    if served:
        made.stretches[OVERLOADED, SHOT] = stretch(SHOT, took_s)
    if letter == "e":
        made.stretches |= {(IN_TURNS, kind): stretch(kind, took_s, ("HTTP", "gRPC")) for kind in KINDS}
    return made


def run():
    """Ours takes half as long as the usual service."""
    visits = [visit(letter, took_s) for letter, took_s in zip("abcde", (2.0, 2.0, 2.0, 0.9, 1.0), strict=True)]
    beside = Visit("d", 1, stretches={(IN_TURNS, kind): stretch(kind, 0.9, count=6) for kind in KINDS})
    found = report(visits, [beside])
    alone = latency(visits[0].stretches[ONE_CLIENT, CUTOUT].calls)
    figures = found | {
        "machine": {"cpu": "a CPU", "cores": 2, "memory_gb": 8.0, "load_1min": 0.1}, "load_1min_after": 1.9,
        "versions": {"python": "3.11"}, "commit": "abc", "command": "python -m loadtests.peers.run", "rounds": 1,
        "lengths": {"clients": CLIENTS}, "photos": ["coffee"], "rate_per_s": {CUTOUT: 0.35, SHOT: 0.35},
        "rate_of_b": {CUTOUT: 0.7, SHOT: 0.7}, "setups": {"b": "one", "c": "two"}, "tried": [],
        "remembering": {"cutouts_mb": 128, CUTOUT: alone, SHOT: alone},
    }  # fmt: skip
    return visits, figures


def test_twice_the_throughput_is_told_so_and_judged():
    _, figures = run()
    text = page(figures)
    assert "| cutouts at saturation, against (b) | 2.00 times | at least 1.8 | 2.5 | bar reached |" in text
    assert "gateway and Serve add to a shot of (d), one client | 100 ms (11.1% by" in text
    assert "| start to ready, warm caches | 30 s | at most 40 | 20 | bar reached |" in text
    assert "rehearsal" not in text


def test_cpu_time_is_told_of_all_and_of_our_processes_that_count():
    text = page(run()[1])
    assert "| (b) FastAPI around it | 1021 ms | 1021 ms |" in text
    assert "| (e) Segment | 500 ms | 500 ms |" in text
    assert "| (e) raylet | 10 ms | 10 ms |" in text
    assert "IDLE" not in text


def test_memory_at_rest_is_the_larger_of_before_and_after():
    assert run()[1]["peers"]["e"]["rest_mb"] == 3500


def test_a_busy_machine_makes_a_rehearsal():
    _, figures = run()
    assert "**A rehearsal" in page(figures | {"machine": figures["machine"] | {"load_1min": 7.0}})


def test_every_call_is_kept(tmp_path):
    visits, _ = run()
    save_samples(visits, tmp_path / "samples.csv")
    with (tmp_path / "samples.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == sum(len(each.calls) for visit in visits for each in visit.stretches.values())
    assert {line["outcome"] for line in lines} == {"ok"}


def test_plots_lie_beside_the_document_that_shows_them(tmp_path):
    document, chart = tmp_path / "performance.md", tmp_path / "side_by_side.png"
    document.write_text(f"<!-- {PROGRAM} writes from here -->\nold\n<!-- to here -->\n")
    chart.write_bytes(b"png")
    put_into_docs("new\n", [chart], document)
    assert "new\n\n![side by side](images/peers_side_by_side.png)\n" in document.read_text()
    assert (tmp_path / "images" / "peers_side_by_side.png").exists()
