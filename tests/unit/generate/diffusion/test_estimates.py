import json

import pytest

from services.generate.diffusion.estimates import COMPARED, DECODE, LOOK_AGAIN, PREPARE, STEP, Estimates, Work
from services.generate.diffusion.sample import Bucket

SQUARE, LARGE = Bucket((8, 8), guided=True), Bucket((16, 16), guided=True)
KEY = "a machine, a checkpoint"
NO_SIZE = {"kind": "step", "latent_hw": [8, 0], "guided": True, "batch": 1, "seconds": 1.0, "bytes": None}

pytestmark = pytest.mark.usefixtures("log")


def learned(step_s_by_batch):
    estimates = Estimates()
    for batch, seconds in step_s_by_batch.items():
        for _ in range(COMPARED):
            estimates.learn(Work(STEP, SQUARE, batch), seconds)
    return estimates


def test_nothing_is_known_at_first():
    assert Estimates().seconds(Work(STEP, SQUARE)) is None


def test_one_slow_moment_does_not_count():
    estimates = Estimates()
    for seconds in (1.0, 1.1, 30.0, 0.9, 1.0):
        estimates.learn(Work(STEP, SQUARE), seconds)
    assert estimates.seconds(Work(STEP, SQUARE)) == 1.0


def test_machine_that_became_slower_is_believed():
    estimates = Estimates()
    for seconds in [1.0] * 100 + [2.0] * 8:
        estimates.learn(Work(STEP, SQUARE), seconds)
    assert estimates.seconds(Work(STEP, SQUARE)) == 2.0


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        (Work(STEP, SQUARE, 2), 2.0), (Work(STEP, LARGE), 4.0), (Work(STEP, Bucket((8, 8), guided=False)), 0.5),
        (Work(DECODE, SQUARE), None),
    ],
    ids=["larger batch", "larger picture", "no guidance", "other work"],
)  # fmt: skip
def test_unknown_work_is_estimated_by_its_size_from_the_most_alike(work, expected):
    estimates = Estimates()
    estimates.learn(Work(STEP, SQUARE), 1.0)
    assert estimates.seconds(work) == expected


def test_restart_remembers(tmp_path):
    estimates = Estimates.open(tmp_path / "deep" / "estimates.json", KEY)
    estimates.learn(Work(STEP, SQUARE, 4), 2.5, peak_bytes=400)
    estimates.learn(Work(PREPARE, LARGE), 0.5)
    estimates.save()
    again = Estimates.open(tmp_path / "deep" / "estimates.json", KEY)
    assert again.seconds(Work(STEP, SQUARE, 4)) == 2.5
    assert again.seconds(Work(PREPARE, LARGE)) == 0.5
    assert again.bytes_per_sample(SQUARE, STEP) == 100
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["estimates.json"]


def test_machines_and_checkpoints_keep_apart_in_one_file(tmp_path):
    for key, seconds in (("one", 1.0), ("two", 2.0)):
        estimates = Estimates.open(tmp_path / "estimates.json", key)
        estimates.learn(Work(STEP, SQUARE), seconds)
        estimates.save()
    found = [Estimates.open(tmp_path / "estimates.json", key).seconds(Work(STEP, SQUARE)) for key in ("one", "two")]
    assert found == [1.0, 2.0]


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"a": 1}', json.dumps({KEY: [{"kind": "step"}]}), json.dumps({KEY: [NO_SIZE]})],
    ids=["empty", "cut off", "a list", "no rows", "half a row", "no size"],
)  # fmt: skip
def test_file_that_can_not_be_read_is_learned_anew(tmp_path, content, log):
    path = tmp_path / "estimates.json"
    path.write_text(content)
    estimates = Estimates.open(path, KEY)
    assert estimates.seconds(Work(STEP, SQUARE)) is None
    estimates.learn(Work(STEP, SQUARE), 1.0)
    estimates.save()
    assert Estimates.open(path, KEY).seconds(Work(STEP, SQUARE)) == 1.0
    assert any("can't be read" in line["event"] for line in log)


def test_file_that_can_not_be_written_costs_only_the_memory(tmp_path, log):
    (tmp_path / "taken").write_text("")
    estimates = Estimates(tmp_path / "taken" / "estimates.json", KEY)
    estimates.learn(Work(STEP, SQUARE), 1.0)
    estimates.save()
    assert estimates.seconds(Work(STEP, SQUARE)) == 1.0
    assert [line["log_level"] for line in log] == ["warning"]


@pytest.mark.parametrize(
    ("step_s", "expected"),
    [
        ({1: 1.0, 2: 1.2, 4: 1.6, 8: 2.4}, 8), ({1: 1.0, 2: 2.0, 4: 4.1, 8: 9.0}, 1),
        ({1: 1.0, 2: 1.5, 4: 3.0, 8: 6.0}, 2), ({1: 1.0, 2: 1.5}, 4),
    ],
    ids=["batching helps", "batching gives nothing", "up to two", "four not tried yet"],
)  # fmt: skip
def test_batch_is_as_large_as_it_helps(step_s, expected):
    assert learned(step_s).worthwhile(SQUARE, 8) == expected


@pytest.mark.parametrize("limit", [1, 3, 6])
def test_batch_is_never_larger_than_its_limit(limit):
    assert learned({1: 1.0, 2: 1.1, 4: 1.2, 8: 1.3, limit: 1.15}).worthwhile(SQUARE, limit) <= limit


def test_size_that_was_not_worthwhile_is_looked_at_again():
    estimates, found = learned({1: 1.0, 2: 2.0, 4: 4.0}), set()
    for _ in range(LOOK_AGAIN + 1):
        estimates.learn(Work(STEP, SQUARE), 1.0)
        found.add(estimates.worthwhile(SQUARE, 4))
    assert found == {1, 2}
