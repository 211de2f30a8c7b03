import numpy as np
import pytest

from services.common.deadline import Deadline
from services.common.errors import Cancelled
from services.common.srgb import to_bytes, to_linear
from services.segment.closed_form import ClosedForm
from services.segment.foreground import ForegroundEstimator
from services.segment.matte import refine_alpha
from services.segment.matting import Matting
from services.segment.mixing import Mixing
from services.segment.region import find_region
from services.segment.uncertainty import UNSURE
from tests.support.straps import Shape, mix, network_mask, plain

SIZE = (160, 160)
#: Away from the picture's border, where the drawn truth is exact.
INNER = np.s_[16:-16, 16:-16]


@pytest.fixture(scope="module")
def matting(tmp_path_factory):
    return Matting(ClosedForm(1, tmp_path_factory.mktemp("compiled")), 1)


@pytest.fixture(scope="module")
def estimator(tmp_path_factory):
    return ForegroundEstimator(tmp_path_factory.mktemp("compiled"))


def photo_of(coverage, product=(190, 40, 60), backdrop=(215, 210, 190), encoded=False):
    return mix(coverage, plain(SIZE, product), plain(SIZE, backdrop), encoded=encoded)


def cut(matting, image, coverage):
    mask = network_mask(coverage)
    return matting.run(image, mask, find_region(mask))


def rmse(alpha, coverage):
    return 255 * np.sqrt(np.mean((alpha - coverage)[INNER] ** 2))


@pytest.mark.parametrize("encoded", [False, True], ids=["mixed as light", "mixed as bytes"])
@pytest.mark.parametrize("width", [3, 5.5, 12])
@pytest.mark.parametrize(("angle", "bend"), [(20, 0), (63, 0.006)])
def test_strap_on_another_background_is_as_wide_as_it_was(matting, estimator, width, angle, bend, encoded):
    strap = Shape.wave(SIZE, width, angle, bend)
    image = photo_of(strap.coverage, encoded=encoded)
    matte = cut(matting, image, strap.coverage)
    product, white = to_linear(plain(SIZE, (190, 40, 60))), to_linear(plain(SIZE, (20, 90, 60)))
    foreground = to_linear(estimator.run(image, matte.alpha, matte.box, matte.mixing))
    shown = to_linear(to_bytes(matte.alpha[..., None] * foreground + (1 - matte.alpha[..., None]) * white))
    seen = ((shown - white) * (product - white)).sum(-1) / ((product - white) ** 2).sum(-1)
    assert abs(strap.width_of(seen) - strap.width_of(strap.coverage)) < 0.1


def test_alpha_of_a_clean_strap_is_true_to_three_bytes(matting):
    strap = Shape.wave(SIZE, 6)
    assert rmse(cut(matting, photo_of(strap.coverage), strap.coverage).alpha, strap.coverage) < 3


def test_noise_does_not_widen_a_strap(matting):
    strap = Shape.wave(SIZE, 8, 35)
    noisy = photo_of(strap.coverage) + np.random.default_rng(3).normal(0, 4, (*SIZE, 3))
    matte = cut(matting, np.clip(noisy, 0, 255).astype(np.uint8), strap.coverage)
    assert abs(strap.width_of(matte.alpha.astype(float)) - 8) < 0.5


@pytest.mark.parametrize("noise", [0, 3], ids=["clean", "noisy"])
def test_strands_that_the_network_hardly_sees_are_followed_to_their_ends_and_marked(matting, disc, noise):
    coverage = disc(SIZE, 30).astype(float)
    coverage[4:60, 60:101:10] = 1
    noisy = photo_of(coverage) + np.random.default_rng(5).normal(0, noise, (*SIZE, 3))
    matte = cut(matting, np.clip(noisy, 0, 255).astype(np.uint8), coverage)
    assert matte.alpha[8:45, 80].min() > 0.7
    assert matte.alpha[8:45, 74:78].max() < 0.1
    assert np.all(matte.uncertainty[10:40, 80] >= UNSURE)


def test_hole_of_a_ring_is_open(matting, disc):
    ring = (disc(SIZE, 50) - disc(SIZE, 44)).astype(float)
    matte = cut(matting, photo_of(ring), ring)
    assert rmse(matte.alpha, ring) < 4
    assert np.all(matte.alpha[60:100, 60:100] == 0)


def test_soft_edge_stays_soft(matting, disc, blurred):
    soft = blurred(disc(SIZE, 45), 1.4).astype(float)
    alpha = cut(matting, photo_of(soft), soft).alpha
    assert rmse(alpha, soft) < 4


def test_pixels_away_from_the_edge_are_exactly_product_or_background(matting, disc):
    coverage = disc(SIZE, 50).astype(float)
    alpha = cut(matting, photo_of(coverage), coverage).alpha
    assert np.all(alpha[disc(SIZE, 42) == 1] == 1)
    assert np.all(alpha[disc(SIZE, 58) == 0] == 0)


@pytest.mark.parametrize("encoded", [False, True], ids=["mixed as light", "mixed as bytes"])
def test_alpha_is_found_in_the_light_space_the_photo_was_mixed_in(matting, disc, blurred, encoded):
    soft = blurred(disc(SIZE, 45), 1.5).astype(float)
    image = photo_of(soft, product=(220, 40, 20), backdrop=(30, 60, 230), encoded=encoded)
    matte = cut(matting, image, soft)
    assert matte.mixing is (Mixing.ENCODED if encoded else Mixing.LIGHT)
    assert rmse(matte.alpha, soft) < 4


def test_noise_tells_no_light_space_and_light_stands(matting):
    strap = Shape.wave(SIZE, 8, 35)
    noisy = photo_of(strap.coverage) + np.random.default_rng(4).normal(0, 6, (*SIZE, 3))
    assert cut(matting, np.clip(noisy, 0, 255).astype(np.uint8), strap.coverage).mixing is Mixing.LIGHT


def test_edge_without_contrast_is_marked(matting):
    strap = Shape.wave(SIZE, 10)
    matte = cut(matting, photo_of(strap.coverage, (200, 180, 170), (206, 184, 172)), strap.coverage)
    edge = (strap.coverage > 0.02) & (strap.coverage < 0.98)
    assert np.mean(matte.uncertainty[INNER][edge[INNER]] >= 128) > 0.95


def test_clear_edge_is_not_marked(matting):
    strap = Shape.wave(SIZE, 10)
    assert cut(matting, photo_of(strap.coverage), strap.coverage).uncertainty[INNER].max() < 128


def test_product_that_fills_the_photo_has_nothing_to_find(matting):
    matte = matting.run(plain(SIZE, (9, 99, 199)), np.ones((64, 64), np.float32), np.ones((64, 64), bool))
    assert np.all(matte.alpha == 1)
    assert not matte.uncertainty.any()


def test_alpha_is_zero_outside_its_box(matting):
    strap = Shape.wave(SIZE, 10, angle_deg=0)
    matte = cut(matting, photo_of(strap.coverage), strap.coverage)
    matte.alpha[matte.box.slices()] = 0
    assert not matte.alpha.any()


def test_more_edge_than_can_be_solved_keeps_the_filtered_mask_and_says_so(matting, tmp_path):
    strap = Shape.wave(SIZE, 10)
    image, mask = photo_of(strap.coverage), network_mask(strap.coverage)
    matte = Matting(ClosedForm(1, tmp_path), 1, most_unknown=100).run(image, mask, find_region(mask))
    assert np.array_equal(matte.alpha, refine_alpha(image, mask, find_region(mask))[0])
    assert matte.uncertainty.max() == UNSURE


def test_edge_that_can_not_be_solved_keeps_the_filtered_mask_and_says_so(matting, monkeypatch):
    monkeypatch.setattr("services.segment.closed_form._MAX_STEPS", 0)
    strap = Shape.wave(SIZE, 10)
    image, mask = photo_of(strap.coverage), network_mask(strap.coverage)
    matte = matting.run(image, mask, find_region(mask))
    filtered = refine_alpha(image, mask, find_region(mask))[0]
    found = matte.uncertainty >= UNSURE
    assert found.any()
    assert np.array_equal(matte.alpha[found], filtered[found])


def test_matte_that_is_no_longer_wanted_is_given_up(matting):
    strap, deadline = Shape.wave(SIZE, 10), Deadline()
    deadline.cancel()
    mask = network_mask(strap.coverage)
    with pytest.raises(Cancelled):
        matting.run(photo_of(strap.coverage), mask, find_region(mask), deadline)
