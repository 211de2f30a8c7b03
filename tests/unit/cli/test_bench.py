import numpy as np
import pytest

from services.cli.bench import MEGAPIXELS, Run, _figures, _resampled
from services.cli.machine import machine_facts
from services.cli.sample import Sample


@pytest.mark.parametrize("shape", [(400, 600, 3), (3000, 1000, 3), (99, 101, 3)], ids=["coffee", "tall", "tiny"])
def test_photo_is_resampled_to_its_megapixels_in_its_own_proportions(shape):
    image = _resampled(Sample("a", np.zeros(shape, np.uint8), b"", None))
    height, width = image.shape[:2]
    assert height * width == pytest.approx(MEGAPIXELS * 1e6, rel=0.002)
    assert width / height == pytest.approx(shape[1] / shape[0], rel=0.002)


def test_figures_are_medians_with_their_spread_in_milliseconds_and_what_no_stage_did():
    runs = [Run({"segment": 0.5, "generate": 0.2}, whole) for whole in (0.8, 0.9, 2.0)]
    figures = _figures(runs)
    del figures["shots_s"]
    assert figures == {
        "stages_ms": {
            "segment": {"median": 500.0, "min": 500.0, "max": 500.0},
            "generate": {"median": 200.0, "min": 200.0, "max": 200.0},
        },
        "beside_stages_ms": {"median": 200.0, "min": 100.0, "max": 1300.0},
        "whole_ms": {"median": 900.0, "min": 800.0, "max": 2000.0},
    }


def test_figures_hold_every_shot_by_itself_for_the_planner():
    [shot] = _figures([Run({"segment": 0.5, "generate": 0.2}, 0.8)])["shots_s"]
    assert shot == {"segment": 0.5, "generate": 0.2, "beside": pytest.approx(0.1)}


def test_facts_tell_what_speed_hangs_on_and_no_host():
    facts = machine_facts()
    assert facts["machine"]["cores"] >= 1
    assert {"vitrine", "python", "ray", "numpy"} <= set(facts["versions"])
    assert not {"host", "hostname", "user"} & set(facts["machine"])
