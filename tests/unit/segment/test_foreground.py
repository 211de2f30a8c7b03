import numpy as np
import pytest

from services.common.geometry import Box
from services.common.srgb import to_bytes, to_linear
from services.segment import foreground as module
from services.segment.foreground import ForegroundEstimator
from services.segment.mixing import Mixing

SIZE = (120, 160)
PRODUCT, BACKDROP = (200, 40, 30), (90, 160, 220)


@pytest.fixture(scope="module")
def estimator(tmp_path_factory):
    return ForegroundEstimator(tmp_path_factory.mktemp("compiled"))


@pytest.fixture
def scene(disc, blurred):
    """A red disc with a soft edge before blue, mixed as light mixes."""
    alpha = blurred(disc(SIZE, 40), 2.0)
    alpha[alpha > 0.99], alpha[alpha < 0.01] = 1, 0
    product, backdrop = (to_linear(np.full((*SIZE, 3), colour, np.uint8)) for colour in (PRODUCT, BACKDROP))
    return to_bytes(alpha[..., None] * product + (1 - alpha[..., None]) * backdrop), alpha


WHOLE = Box(0, 0, *SIZE)


def error(image, pixels):
    return np.abs(image[pixels].astype(int) - PRODUCT).mean()


def test_background_leaves_the_edges_colour(estimator, scene):
    image, alpha = scene
    edge = (alpha > 0.1) & (alpha < 1)
    assert error(estimator.run(image, alpha, WHOLE), edge) < error(image, edge) / 8


def test_edge_mixed_as_bytes_is_taken_apart_as_bytes(estimator, scene):
    _, alpha = scene
    weight = alpha[..., None]
    image = np.round(weight * np.array(PRODUCT) + (1 - weight) * np.array(BACKDROP)).astype(np.uint8)
    edge = (alpha > 0.1) & (alpha < 1)
    assert error(estimator.run(image, alpha, WHOLE, Mixing.ENCODED), edge) < error(image, edge) / 8
    assert error(estimator.run(image, alpha, WHOLE, Mixing.ENCODED), edge) < error(
        estimator.run(image, alpha, WHOLE), edge
    )


def test_full_pixels_stay_the_photos_own(estimator, scene):
    image, alpha = scene
    image = np.clip(image + np.random.default_rng(0).integers(-9, 9, image.shape), 0, 255).astype(np.uint8)
    cleaned = estimator.run(image, alpha, WHOLE)
    assert np.array_equal(cleaned[alpha == 1], image[alpha == 1])


def test_pixels_outside_the_box_are_untouched(estimator, scene):
    image, alpha = scene
    box = Box(10, 30, 100, 100)
    cleaned = estimator.run(image, alpha, box)
    cleaned[box.slices()] = image[box.slices()]
    assert np.array_equal(cleaned, image)


def test_colour_reaches_beyond_the_edge_for_resampling(estimator, scene, disc):
    image, alpha = scene
    just_outside = (alpha == 0) & (disc(SIZE, 47) > 0)
    assert error(estimator.run(image, alpha, WHOLE), just_outside) < 12


def test_photo_itself_is_not_written_to(estimator, scene):
    image, alpha = scene
    image.flags.writeable = False
    assert not np.shares_memory(estimator.run(image, alpha, WHOLE), image)


def test_large_photos_are_cleaned_as_well_on_a_coarser_grid(estimator, scene, monkeypatch):
    monkeypatch.setattr(module, "_MAX_PIXELS", 4000)
    image, alpha = scene
    edge = (alpha > 0.1) & (alpha < 1)
    assert error(estimator.run(image, alpha, WHOLE), edge) < error(image, edge) / 5


def test_product_without_background_in_the_box_is_left_alone(estimator):
    image = np.full((*SIZE, 3), PRODUCT, np.uint8)
    assert np.array_equal(estimator.run(image, np.ones(SIZE, np.float32), WHOLE), image)
