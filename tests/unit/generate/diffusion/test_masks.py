import numpy as np

from services.common.alpha import OPAQUE
from services.generate.diffusion.masks import EXTEND_PX, extend_edges, held_area, hold_product


def block(size_hw=(96, 96), rows=slice(20, 70), columns=slice(30, 80)):
    alpha = np.zeros(size_hw, np.uint16)
    alpha[rows, columns] = OPAQUE
    return alpha


def test_held_area_leaves_the_edge_of_the_product_out():
    held = held_area(block())
    assert held[22:68, 32:78].mean() > 0.99
    assert not held[:22].any()
    assert not held[:, 78:].any()


def test_thin_strap_is_not_held():
    alpha = block()
    alpha[4:20, 50:56] = OPAQUE
    assert not held_area(alpha)[:20].any()


def test_half_covered_pixels_are_not_held():
    alpha = block()
    alpha[40:50, 40:60] = OPAQUE // 2
    assert not held_area(alpha)[40:50, 40:60].any()


def test_product_cut_by_the_picture_is_held_up_to_its_edge():
    held = held_area(block(rows=slice(40, 96)))
    assert held[95, 40:70].all()


def test_extended_edges_repeat_the_nearest_held_colour():
    image = np.zeros((60, 60, 3), np.uint8)
    image[:, :30] = (200, 10, 10)
    image[:, 30:] = (10, 10, 200)
    held = np.zeros((60, 60), bool)
    held[20:40, 20:40] = True
    context, known = extend_edges(image, held)
    assert (context[30, 20 - EXTEND_PX] == (200, 10, 10)).all()
    assert (context[30, 39 + EXTEND_PX] == (10, 10, 200)).all()
    assert known[30, 39 + EXTEND_PX]
    assert not known[30, 41 + EXTEND_PX]


def test_nothing_held_gives_no_context():
    _, known = extend_edges(np.zeros((20, 20, 3), np.uint8), np.zeros((20, 20), bool))
    assert not known.any()


def test_product_stands_before_its_background_untouched():
    background, foreground = np.full((96, 96, 3), 90, np.uint8), np.full((96, 96, 3), 200, np.uint8)
    pictures = hold_product(background, foreground, block())
    assert (pictures.image[30:60, 40:70] == 200).all()
    assert (pictures.image[:20] == 90).all()
    assert not (pictures.mask & (block() > 0))[25:65, 35:75].any()
    assert (pictures.context[pictures.known] == 200).all()
