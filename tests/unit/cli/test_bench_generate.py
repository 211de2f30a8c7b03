import json

import numpy as np
import pytest
from typer.testing import CliRunner

from services.cli.bench_generate import SHORT, STEPS, _arrivals, _figures, _request
from services.cli.main import app
from services.cli.serving_ways import Arrival, Served, TimedPipeline, by_request, by_step, one_at_a_time
from services.generate.diffusion.estimates import Estimates
from services.generate.diffusion.untrained import untrained_checkpoint, untrained_networks

SIZE = 64


@pytest.fixture(scope="module")
def pipeline():
    return TimedPipeline(untrained_checkpoint(SIZE), untrained_networks(SIZE, (32,) * 4))


@pytest.fixture
def arrivals():
    return [Arrival(0.001 * place, _request(place, steps, SIZE)) for place, steps in enumerate((6, 2, 3, 1))]


def test_arrivals_are_of_all_lengths_and_come_one_after_the_other():
    arrivals = _arrivals(np.random.default_rng(1), 32, 2.0, SIZE)
    assert {arrival.request.steps for arrival in arrivals} == set(STEPS)
    assert np.diff([arrival.at_s for arrival in arrivals]).min() >= 0
    assert arrivals[-1].at_s == pytest.approx(64, rel=0.5)


def test_one_at_a_time_steps_each_by_itself(pipeline, arrivals):
    served = one_at_a_time(pipeline, arrivals)
    assert served.batches == [1] * 12
    assert len(served.waits_s) == 4


def test_batches_by_request_take_what_waits_and_answer_together(pipeline):
    arrivals = [Arrival(0.0, _request(seed, steps, SIZE)) for seed, steps in enumerate((6, 2, 3))]
    served = by_request(pipeline, arrivals, 2)
    assert served.batches == [2, 2, 1, 1, 1, 1, 1, 1, 1]
    assert served.waits_s[0] == served.waits_s[1] < served.waits_s[2]


def test_loop_serves_everybody_and_its_networks_are_timed(pipeline, arrivals):
    served = by_step(pipeline, arrivals, 4, Estimates())
    assert sum(served.batches) == 12
    assert 0 < max(served.waits_s) <= served.total_s
    assert 0 < served.model_s < served.busy_s


def test_figures_compare_rounds_with_one_at_a_time():
    arrivals = [Arrival(0.0, _request(1, SHORT, SIZE)), Arrival(0.0, _request(2, SHORT + 1, SIZE))]
    first = [(arrivals, Served([4.0, 8.0], 10.0, batches=[1]))]
    loop = [(arrivals, Served([1.0, 9.0], 9.0, busy_s=10.2, model_s=10.0, batches=[1, 2]))]
    figures = _figures(loop, first)
    assert figures["short_times_shorter"]["median"] == 4.0
    assert figures["total_by_first"]["median"] == 0.9
    assert figures["own_cost_percent"]["median"] == 2.0
    assert figures["batch"]["median"] == 1.5


def test_command_writes_its_figures(tmp_path):
    out = tmp_path / "figures.json"
    options = ["--requests", "2", "--rounds", "1", "--size", "64", "--load", "100", "--out", str(out)]
    answer = CliRunner().invoke(app, ["bench", "generate", *options])
    assert answer.exit_code == 0
    assert json.loads(out.read_text())["ways"].keys() == {"one at a time", "by request", "by step"}
    assert "short ones so many times sooner" in answer.output
