"""Wrong sizes are refused in our words, before a library sees them."""

import pytest

from services.common.errors import InvalidInput
from services.generate.diffusion.sizes import Buckets
from services.generate.engine.bucket import BUCKETS, Profile, ShapeBucket
from services.generate.engine.interface import Ranks
from services.generate.engine.spec import Part
from tests.support.tiny_submodels import tiny_submodel


@pytest.fixture(scope="module")
def unet():
    return tiny_submodel(Part.UNET, adapters=True).interface


def shapes_of(unet, **changes):
    return unet.shapes(ShapeBucket(1, 64, 96), rank=4) | changes


def test_shapes_of_a_bucket_have_two_rows_for_each_picture(unet):
    shapes = unet.shapes(ShapeBucket(2, 512, 768), rank=8)
    assert (shapes["sample"], shapes["timestep"], shapes["adapter_scale"]) == ((4, 9, 64, 96), (4,), (4, 8))


def test_offered_shapes_are_squares_portraits_and_landscapes_in_three_batches():
    assert len(BUCKETS) == len(set(BUCKETS)) == 27
    assert {bucket.batch for bucket in BUCKETS} == {1, 2, 4}
    assert {512, 768, 1024} == {bucket.height_px for bucket in BUCKETS if bucket.height_px == bucket.width_px}
    assert all((bucket._replace(height_px=bucket.width_px, width_px=bucket.height_px)) in BUCKETS for bucket in BUCKETS)


def test_odd_latents_are_refused(unet):
    with pytest.raises(InvalidInput, match="height is 7; it must be a multiple of 2"):
        unet.check(shapes_of(unet, sample=(2, 9, 7, 12)))


def test_pictures_that_would_make_odd_latents_are_refused(unet):
    with pytest.raises(InvalidInput, match="multiples of 16"):
        unet.shapes(ShapeBucket(1, 512, 520))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sample": (2, 4, 8, 12)}, "sample has the shape"),
        ({"timestep": (3,)}, "timestep has the shape"),
        ({"encoder_hidden_states": (2, 154, 32)}, r"wanted is .*77"),
        ({"more": (1,)}, "not known: .*more"),
    ],
    ids=["channels", "rows", "tokens", "unknown"],
)
def test_inputs_of_other_shapes_are_refused(unet, changes, words):
    with pytest.raises(InvalidInput, match=words):
        unet.check(shapes_of(unet, **changes))


def test_missing_inputs_are_refused(unet):
    with pytest.raises(InvalidInput, match=r"missing: .*timestep"):
        unet.check({"sample": (2, 9, 8, 12)})


def test_check_tells_the_sizes_of_the_call(unet):
    assert unet.check(shapes_of(unet)) == {"rows": 2, "height": 8, "width": 12, "rank": 4}


def test_profiles_out_of_order_are_refused():
    small, large = ShapeBucket(1, 512, 512), ShapeBucket(2, 512, 512)
    with pytest.raises(InvalidInput, match="not in order"):
        Profile(large, small, large)


def test_corners_of_a_profile_are_its_shapes_and_both_aspects():
    profile = Profile(ShapeBucket(1, 512, 512), ShapeBucket(2, 768, 768), ShapeBucket(4, 1024, 1024))
    assert set(map(str, profile.corners)) == {"1x512x512", "2x768x768", "4x1024x1024", "4x1024x512", "4x512x1024"}
    assert Profile.static(ShapeBucket(1, 512, 512)).corners == (ShapeBucket(1, 512, 512),)


@pytest.mark.parametrize("native_px", [512, 768, 1024])
def test_offered_shapes_are_sizes_that_checkpoints_draw(native_px):
    drawn = set(Buckets(native_px, 64).sizes)
    assert len({bucket[1:] for bucket in BUCKETS} & drawn) == 3


@pytest.mark.parametrize("text", ["", "1x2", "1x512x-2", "0x512x512", "ax1x2"])
def test_shapes_that_are_none_are_refused(text):
    with pytest.raises(InvalidInput, match="2x768x512"):
        ShapeBucket.parse(text)


def test_shapes_read_as_they_print():
    assert [ShapeBucket.parse(str(bucket)) for bucket in BUCKETS] == list(BUCKETS)


def test_ranks_that_tracing_takes_for_constants_are_refused():
    with pytest.raises(InvalidInput, match="not in order"):
        Ranks(1, 4, 8)
