"""The battery itself: its answers on good parts, and that it misses a bar on bad ones, which are real, not mocks."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from services.evaluation.alpha import Alpha
from services.evaluation.battery import judged, run_battery
from services.evaluation.case import Case, Cases
from services.evaluation.core import Core
from services.evaluation.light import LightKept
from services.evaluation.perspective import PerspectiveRead
from services.evaluation.questions import NAMES, open_questions
from services.evaluation.shadow import CastShadow
from services.evaluation.straps import Straps
from services.evaluation.thick import Thick

SCENES = 3


def quiet(name: str, done: int, of: int) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def outcome(cutting):
    """A short run of what is quick."""
    larger = Cases(cutting, side_px=512)
    return run_battery(
        [Straps(larger), Alpha(larger), Thick(larger), Core(larger), LightKept(larger)], SCENES, quiet
    )  # fmt: skip


def test_bars_hold_on_a_short_run(outcome) -> None:
    assert [row.bar.measure for row in outcome.rows if not row.holds] == []
    assert {row.bar.measure for row in outcome.rows} >= {"strap_px", "alpha_rmse", "thick_share", "core_changed_px"}


def test_bars_of_shadows_hold_on_a_short_run() -> None:
    outcome = run_battery([CastShadow()], 2 * SCENES, quiet)
    assert {row.bar.measure for row in outcome.rows} >= {"shadow_rmse", "shadow_round_rmse", "shadow_gap_px"}
    assert outcome.holds


def test_bars_of_perspective_hold_on_a_short_run(cases) -> None:
    outcome = run_battery([PerspectiveRead(cases)], 5, quiet)
    assert {row.bar.measure for row in outcome.rows} >= {"pitch_round_deg", "pitch_box_deg", "roll_box_deg"}
    assert outcome.holds


def test_every_scene_is_told(outcome) -> None:
    core = next(row for row in outcome.rows if row.bar.measure == "core_changed_px")
    assert len(core.values) == SCENES
    assert len({reading.scene for reading in core.readings}) == SCENES


def test_same_scene_gives_the_same_answer(cases) -> None:
    assert LightKept(cases).ask(1).values == LightKept(cases).ask(1).values


class Dilated(Case):
    """A cutout whose alpha someone has grown by 3 pixels, to be on the safe side."""

    @property
    def cutout(self):
        found = super().cutout
        return replace(found, alpha=cv2.dilate(found.alpha, np.ones((7, 7), np.uint8)))


class Careless(Cases):
    """All photos cut out so."""

    def of(self, scene):
        return Dilated(scene, self._cutting)


def test_dilated_mask_misses_the_bar_of_straps(cutting) -> None:
    outcome = run_battery([Straps(Careless(cutting, side_px=360))], SCENES, quiet)
    missed = {row.bar.measure for row in outcome.rows if not row.holds}
    assert missed == {"strap_px", "strap_encoded_px", "strap_worn_px"}
    assert not outcome.holds
    assert outcome.rows[0].quantile(0.5) > 1


def test_generator_that_draws_wider_than_any_fill_reaches_misses_the_bar(cases) -> None:
    outcome = run_battery([Thick(cases, doses_px=(60.0,))], 2, quiet)
    missed = {row.bar.measure for row in outcome.rows if not row.holds}
    assert missed == {"thick_share"}


def test_nothing_asked_is_nothing_kept() -> None:
    assert not run_battery([], 2, quiet).holds
    assert judged("straps", []) == []


def test_questions_are_opened_by_name(cases) -> None:
    assert [question.name for question in open_questions(["core", "alpha"], cases)] == ["alpha", "core"]
    assert [question.name for question in open_questions([], cases)] == list(NAMES)
