import numpy as np
import pytest

from services.common.errors import Internal
from services.common.geometry import Box
from services.segment.foreground import ForegroundEstimator
from services.segment.given import NAME, cut_by_alpha

PRODUCT, GROUND = np.array([200, 40, 30]), np.array([40, 90, 160])


@pytest.fixture(scope="module")
def estimator(tmp_path_factory):
    return ForegroundEstimator(tmp_path_factory.mktemp("compiled"))


@pytest.fixture
def alpha(disc):
    return np.round(disc((90, 120), 30) * 255).astype(np.uint8)


def test_alpha_is_taken_as_it_is(estimator, alpha):
    image = np.full((90, 120, 3), PRODUCT, np.uint8)
    result = cut_by_alpha(image, alpha, estimator)
    assert np.array_equal(result.alpha, alpha.astype(np.uint16) * 257)
    assert (result.confidence, result.model) == (1.0, NAME)
    rows, columns = np.nonzero(alpha >= 128)
    assert result.box == Box(rows.min(), columns.min(), np.ptp(rows) + 1, np.ptp(columns) + 1)


def test_colours_of_a_blanked_file_are_kept(estimator, alpha):
    image = np.where(alpha[..., None] > 0, PRODUCT, 0).astype(np.uint8)
    assert np.array_equal(cut_by_alpha(image, alpha, estimator).foreground, image)


def test_old_background_is_taken_out_of_the_edge(estimator, alpha):
    ground = GROUND + np.random.default_rng(1).normal(0, 12, (90, 120, 3))
    weight = alpha[..., None] / 255
    image = np.clip(weight * PRODUCT + (1 - weight) * ground, 0, 255).astype(np.uint8)
    edge = (alpha > 60) & (alpha < 200)
    cleaned = cut_by_alpha(image, alpha, estimator).foreground
    assert np.abs(cleaned[edge] - PRODUCT).mean() < 0.6 * np.abs(image[edge] - PRODUCT).mean()
    assert np.array_equal(cleaned[alpha == 255], image[alpha == 255])


def test_alpha_that_holds_nothing_is_no_product(estimator):
    result = cut_by_alpha(np.zeros((20, 20, 3), np.uint8), np.full((20, 20), 100, np.uint8), estimator)
    assert (result.box, result.confidence, result.alpha.any()) == (None, 0.0, False)


def test_alpha_of_another_size_is_refused(estimator):
    with pytest.raises(Internal, match="alpha"):
        cut_by_alpha(np.zeros((20, 20, 3), np.uint8), np.zeros((20, 21), np.uint8), estimator)
