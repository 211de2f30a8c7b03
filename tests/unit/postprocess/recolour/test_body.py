import numpy as np

from services.common.srgb import to_linear
from services.postprocess.recolour.body import Body
from tests.support.dyed_cloth import GREY, NAVY, RED, SIDE, cloth, light_of

ALL = np.ones((SIDE, SIDE), bool)


def test_colour_is_that_of_cloth_without_gloss():
    color = Body.of(to_linear(cloth(RED, gloss=0.2)), ALL).color
    assert np.allclose(color / color.max(), light_of(RED) / light_of(RED).max(), atol=0.005)


def test_colours_of_two_lamps_make_gloss_doubtful():
    image = to_linear(cloth(GREY))
    image[:, : SIDE // 2] *= np.float32([1.15, 1, 0.8])
    assert Body.of(image, ALL).doubt > 10 * Body.of(to_linear(cloth(GREY)), ALL).doubt


def test_larger_of_two_colours_counts():
    image = cloth(RED)
    image[: SIDE // 3] = cloth(NAVY)[: SIDE // 3]
    assert np.allclose(Body.of(to_linear(image), ALL).color, light_of(RED), rtol=0.06)


def test_part_that_is_chosen_decides():
    image = cloth(RED)
    image[: SIDE // 3] = cloth(NAVY)[: SIDE // 3]
    chosen = ALL.copy()
    chosen[SIDE // 3 :] = False
    assert np.allclose(Body.of(to_linear(image), chosen).color, light_of(NAVY), rtol=0.06)


def test_white_is_that_of_the_print():
    image = cloth(RED)
    image[20:50, 20:60] = (250, 240, 225)
    white = Body.of(to_linear(image), ALL).white
    assert np.allclose(white / white.max(), light_of((250, 240, 225)) / light_of((250, 240, 225)).max(), atol=0.03)


def test_white_of_one_colour_is_plain():
    for color in (RED, GREY):
        assert np.array_equal(Body.of(to_linear(cloth(color)), ALL).white, np.ones(3, np.float32))
