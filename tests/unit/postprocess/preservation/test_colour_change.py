import numpy as np
import pytest

from services.common.geometry import Box
from services.postprocess.preservation.battery import Battery
from services.postprocess.preservation.colour_change import colour_change
from services.postprocess.preservation.evidence import Evidence
from services.postprocess.preservation.thresholds import Level, Thresholds
from services.postprocess.recolour.recolouring import recolour
from tests.support.dyed_cloth import GREEN, NAVY, RED, cloth, product


@pytest.fixture(scope="module")
def done():
    """Red cloth with a blue patch, in green."""
    image = cloth(RED)
    image[30:60, 20:70] = NAVY
    return recolour(product(image), GREEN)


def measured(done, picture):
    backdrop = np.full_like(picture, 255)
    evidence = Evidence(
        picture, done.product, backdrop, harmonized=False, confidence=1.0, recoloured=colour_change(picture, done)
    )
    return Battery().report(evidence, Level.BASIC, Thresholds())


def test_change_tells_what_became_of_the_colour_and_where(done):
    change = colour_change(done.product.color, done)
    assert np.allclose(change.before, RED, atol=6)
    assert np.allclose(change.after, GREEN, atol=6)
    assert change.distance < 2
    assert change.box == Box(0, 0, 96, 96)
    assert change.share == pytest.approx(1 - 30 * 50 / 96**2, abs=0.05)
    assert change.structure > 0.97
    assert (change.outside_px, change.outside_yx) == (0, None)


def test_pixel_beside_it_that_changed_is_found(done):
    picture = done.product.color.copy()
    picture[45, 50] += 1
    change = colour_change(picture, done)
    assert (change.outside_px, change.outside_yx) == (1, (45, 50))
    assert change.moved(10, 20).outside_yx == (55, 70)


def test_lost_folds_are_told(done):
    flat = np.where((done.region > 0)[..., None], np.array(GREEN, np.uint8), done.product.color)
    assert colour_change(flat, done).structure < 0.9


def test_report_says_that_the_colour_changed_and_nothing_beside_it(done):
    report = measured(done, done.product.color)
    assert report.value("recolour_outside") == 0
    assert report.value("recolour_distance") < 2
    assert report.value("recolour_structure") > 0.97
    assert report.value("core_changed") == 0


def test_report_refuses_a_change_beside_it(done):
    picture = done.product.color.copy()
    picture[45, 50] += 1
    failed = {measure.name for measure in measured(done, picture).failures}
    assert {"recolour_outside", "core_changed"} <= failed


def test_product_of_its_own_colour_has_no_such_measures(done):
    evidence = Evidence(done.before, product(done.before), None, harmonized=False, confidence=1.0)
    report = Battery().report(evidence, Level.BASIC, Thresholds())
    assert not [measure.name for measure in report.measures if measure.name.startswith("recolour")]
