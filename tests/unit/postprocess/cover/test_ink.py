"""One colour where it can be, and never one that can't be read."""

import numpy as np

from services.common.srgb import to_linear
from services.postprocess.cover.contrast import WHITE, Ground
from services.postprocess.cover.ink import INK, inked


def flat(byte: int) -> Ground:
    return Ground(to_linear(np.full((10, 3), byte, np.uint8)))


def test_all_texts_have_one_colour_where_it_can_be_read_everywhere():
    assert [each.color for each in inked([flat(20), flat(60)], [4.5, 4.5], None)] == [WHITE, WHITE]
    assert [each.color for each in inked([flat(240), flat(200)], [4.5, 4.5], None)] == [INK, INK]


def test_texts_on_light_and_on_dark_have_colours_of_their_own_without_a_scrim():
    found = inked([flat(20), flat(240)], [4.5, 4.5], None)
    assert [each.color for each in found] == [WHITE, INK]
    assert not any(each.scrim.weight for each in found)


def test_text_that_no_colour_can_be_read_on_gets_a_scrim_and_all_get_one_colour():
    mixed = Ground(to_linear(np.array([[0] * 3, [255] * 3] * 10, np.uint8)))
    found = inked([mixed, flat(30)], [4.5, 4.5], None)
    assert found[0].scrim.weight > 0
    assert len({each.color for each in found}) == 1


def test_callers_colour_is_taken_whatever_it_needs():
    [found] = inked([flat(128)], [4.5], (128, 128, 128))
    assert found.color == (128, 128, 128)
    assert found.scrim.weight > 0.9
