"""Measured shots."""

import pytest

from services.common.errors import InvalidInput
from services.planning.tier import STAGES
from services.planning.times import EXAMPLE, StageTimes
from tests.support.planning import SHOT, bench_file


def test_shipped_example_was_measured_with_many_shots():
    times = StageTimes.read(EXAMPLE)
    assert len(times.shots) >= 20
    assert all(times.mean_s[stage] > 0 for stage in STAGES)


def test_file_of_the_benchmark_gives_its_shots_and_their_source(tmp_path):
    times = StageTimes.read(bench_file(tmp_path, [SHOT, SHOT | {"generate": 2.0}]))
    assert times.mean_s["generate"] == pytest.approx(1.6)
    assert times.source == "a cup; a processor, 2 cores under a load of 0.4 at the start; n = 2"


def test_what_no_stage_did_is_what_the_whole_shot_took_longer():
    assert StageTimes.of_run({"segment": 0.5, "generate": 1.0}, 1.8)["beside"] == pytest.approx(0.3)


@pytest.mark.parametrize("shots", [[], [{"decode": 1}], [SHOT | {"segment": -1}], [SHOT | {"segment": "1"}]])
def test_shots_that_lack_a_part_or_have_an_impossible_one_are_refused(tmp_path, shots):
    with pytest.raises(InvalidInput) as refusal:
        StageTimes.read(bench_file(tmp_path, shots))
    assert refusal.value.details["field"] == "times"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"through_the_service": 1}', "\x00"])
def test_file_of_something_else_is_refused(tmp_path, text):
    file = tmp_path / "bench.json"
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidInput, match="vitrine bench"):
        StageTimes.read(file)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="can't be read"):
        StageTimes.read(tmp_path / "none.json")
