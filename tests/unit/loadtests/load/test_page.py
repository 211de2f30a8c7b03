"""The page: whole in one file, and it says what did not hold."""

from loadtests.load.figures import Ran, by_phase
from loadtests.load.page import page_of
from loadtests.load.plots import Run, figure_of, svg_of
from loadtests.load.profile import Limit, Phase
from loadtests.load.sample import OK, Sample
from loadtests.load.server_series import Reading
from loadtests.load.verdict import verdicts
from services.cli.machine import machine_facts

RAN = [Ran(Phase(name="peak", seconds=10), 0, 10)]
SAMPLES = [
    Sample("peak", "shot_grpc", "<b>", 1.0, 1.0, None, 2.0, OK, pictures=1),
    Sample("peak", "shot_grpc", "<b>", 1.5, 1.5, None, 1.6, "overloaded"),
    Sample("peak", "cutout_http", "", 2.0, 2.0, None, 2.5, "internal"),
]
READINGS = [Reading(at_s, "ray_serve_deployment_replica_healthy", "Segment", 1.0) for at_s in (0.0, 5.0)]


def page():
    run = machine_facts() | {
        "profile": "mine", "summary": "Is 1 < 2?", "began": "2026-11-23", "seed": 1, "command": "python",
        "phases": by_phase(RAN, SAMPLES),
    }  # fmt: skip
    judged = verdicts([Limit(measure="failed", at_most=0), Limit(measure="calls", at_least=3)], RAN, SAMPLES)
    return page_of(run, judged, svg_of(figure_of(Run(RAN, SAMPLES, READINGS))))


def test_page_needs_nothing_from_anywhere():
    text = page()
    assert "<svg" in text
    assert not any(f'{name}="http' in text for name in ("src", "href"))


def test_page_tells_limits_that_do_not_hold():
    text = page()
    assert text.count("does not hold") == 1
    assert text.count("<td>holds</td>") == 1


def test_what_others_named_is_text_and_no_markup():
    text = page()
    assert "Is 1 &lt; 2?" in text
    assert "<b>" not in text
