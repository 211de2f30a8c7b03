import math

from services.api.studio import Measure
from services.evaluation.gallery import outcome_of
from services.evaluation.take import Take

GHOST = Measure(name="ghost", value=0.05, unit="px", threshold=0.15, passed=True)
SEEN = Measure(name="boundary_iou", value=0.9, passed=True)


def take(name="shoe.jpg, white", *measures, **facts) -> Take:
    return Take(name, measures or (GHOST, SEEN), **facts)


def row(outcome, name):
    return next(row for row in outcome.rows if row.bar.measure == name)


def test_pictures_that_keep_their_thresholds_hold() -> None:
    outcome = outcome_of([take(agreement=0.98), take()], 1.0)
    assert outcome.holds
    assert row(outcome, "ghost").bar.bound == "at most 0.15 px"
    assert row(outcome, "refused").values == [0.0, 0.0]
    assert row(outcome, "agreement").values == [0.98]


def test_refused_picture_misses_and_its_measures_tell_why() -> None:
    wide = GHOST.model_copy(update={"value": 0.4, "passed": False})
    outcome = outcome_of([take(), take("hat.jpg, street", wide, refusal="not kept")], 1.0)
    assert {each.bar.measure for each in outcome.rows if not each.holds} == {"refused", "ghost"}
    assert row(outcome, "ghost").readings[0].scene == "hat.jpg, street"


def test_measure_that_failed_misses_its_bar_whatever_other_takes_were_asked() -> None:
    """Bars of widths rise with the product: what one may, another may not."""
    wide = Measure(name="width_p95", value=0.9, unit="px", threshold=1.2, passed=True)
    thin = Measure(name="width_p95", value=0.7, unit="px", threshold=0.6, passed=False)
    assert row(outcome_of([take("a", wide)], 1.0), "width_p95").holds
    assert not row(outcome_of([take("a", wide), take("b", thin)], 1.0), "width_p95").holds


def test_measure_without_threshold_is_told() -> None:
    told = row(outcome_of([take()], 1.0), "boundary_iou")
    assert told.holds
    assert not told.bar.judges


def test_place_without_a_fitting_scene_is_told_and_nothing_is_held_against_the_photo() -> None:
    outcome = outcome_of([take(), Take("hat.jpg, outdoor", refusal="no scene", unfit=True)], 1.0)
    assert outcome.holds
    assert row(outcome, "unfit").values == [1.0, 0.0]


def test_nothing_made_is_nothing_kept() -> None:
    assert not outcome_of([Take("hat.jpg, outdoor", refusal="no scene", unfit=True)], 1.0).holds


def test_take_is_as_bad_as_the_measure_nearest_to_its_bar() -> None:
    assert math.isclose(take(agreement=0.9).fault, 0.05 / 0.15 + 0.1)
    assert take(refusal="not kept").fault == math.inf
    assert "nearest to its bar: ghost 0.05 px (bar 0.15)" in take(agreement=0.9).words()


def test_take_without_thresholds_says_so() -> None:
    assert take("a", SEEN).words().endswith("none, as nothing was asked of it")
