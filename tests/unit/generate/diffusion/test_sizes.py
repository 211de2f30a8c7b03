import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import InvalidInput
from services.generate.diffusion.sizes import MAX_ASPECT, Buckets

SDXL = Buckets(1024, 64)


def test_buckets_of_sdxl_are_those_it_was_trained_on():
    assert {(1024, 1024), (896, 1152), (832, 1216), (768, 1344), (1344, 768)} <= set(SDXL.sizes)


@given(native=st.sampled_from([512, 768, 1024]), multiple=st.sampled_from([32, 64]))
def test_every_bucket_is_about_the_native_area(native, multiple):
    for height, width in Buckets(native, multiple).sizes:
        assert height % multiple == width % multiple == 0
        assert native**2 - height * multiple < height * width <= native**2
        assert 1 / MAX_ASPECT <= width / height <= MAX_ASPECT


@pytest.mark.parametrize(("canvas", "bucket"), [((2000, 2000), (1024, 1024)), ((1500, 1000), (1216, 832))])
def test_nearest_bucket_has_the_nearest_aspect(canvas, bucket):
    assert SDXL.nearest(canvas) == bucket


def test_nearest_bucket_of_a_very_wide_canvas_is_the_widest():
    assert SDXL.nearest((100, 2000)) == max(SDXL.sizes, key=lambda size: size[1] / size[0])


def test_size_off_the_buckets_is_refused_with_the_nearest():
    with pytest.raises(InvalidInput, match=r"1000 x 1000.*1024 x 1024") as caught:
        SDXL.check((1000, 1000))
    assert caught.value.details["field"] == "canvas"
    assert [1024, 1024] in caught.value.details["known"]
