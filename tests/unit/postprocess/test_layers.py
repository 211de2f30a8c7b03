"""A picture taken apart and put together again."""

from dataclasses import replace

import numpy as np
import pytest

from services.common.alpha import OPAQUE
from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.geometry import Box
from services.common.image import ImageFormat
from services.common.light import Finish, Light
from services.common.placement import Placement
from services.common.pose import Pose
from services.common.srgb import decode, encode
from services.generate.schema import GenerateResult
from services.postprocess.composite import Composition, Layer, with_words
from services.postprocess.layers import draw_layer, draw_uncertainty
from services.postprocess.picture import compose
from services.postprocess.product import place_product
from services.postprocess.schema import LayerName, Output, Preservation, RestoreRequest, Shadow
from tests.support.products import soft_disc

CANVAS = (160, 150)
IMAGE, CUTOUT = soft_disc()
#: Tinted, so that its shadow is no plain grey.
LIGHT = Light(-60.0, 45.0, 12.0, (0.7, 0.6, 0.4), (0.2, 0.32, 0.6))
REQUEST = RestoreRequest(
    IMAGE, Placement(CANVAS, Box(10, 10, 76, 76), 40, 35, 1.0, Box(48, 43, 60, 60)),
    Camera(CANVAS, 25.0, 30.0, (100.0, 73.0), 250.0), Pose.STANDING, Shadow.SOFT, Preservation.EXACT,
    Output(ImageFormat.PNG, 90, "shots/one"),
)  # fmt: skip
GLOSSY = Finish(0.3, 0.05)
PRODUCT = place_product(IMAGE, CUTOUT, REQUEST.placement)
NOISE = np.random.default_rng(3).integers(0, 256, (*CANVAS, 3), dtype=np.uint8)
BACKGROUNDS = {"light": np.full_like(NOISE, 235), "dark": np.full_like(NOISE, 3), "noise": NOISE}


def composed(background: np.ndarray = NOISE, finish: Finish = GLOSSY, **changes: object) -> Composition:
    scene = GenerateResult(background, LIGHT, finish, "test", 0.0)
    return compose(replace(REQUEST, **changes), PRODUCT, scene, Deadline())


def put_together(parts: Composition) -> np.ndarray:
    """The documented formula, in float64."""
    below = decode(draw_layer(LayerName.BACKGROUND, parts) / 255)
    for name in (LayerName.SHADOW, LayerName.REFLECTION, LayerName.TEXT, LayerName.FOREGROUND):
        layer = draw_layer(name, parts) / OPAQUE
        below = decode(layer[..., :3]) * layer[..., 3:] + below * (1 - layer[..., 3:])
    return np.round(encode(below) * 255).astype(int)


@pytest.mark.parametrize("preservation", list(Preservation))
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_layers_give_the_picture_again(background: str, preservation: Preservation) -> None:
    parts = composed(BACKGROUNDS[background], preservation=preservation)
    off = np.abs(put_together(parts) - parts.picture)
    assert off.max() <= 1
    assert off[PRODUCT.box.slices()][PRODUCT.core].max() == 0


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_layers_give_the_picture_again_with_the_words_of_a_cover(background: str) -> None:
    rng = np.random.default_rng(9)
    words = tuple(
        Layer(Box(top, 20, 60, 100), rng.random((60, 100), np.float32), np.float32(color))
        for top, color in ((20, (0, 0, 0)), (50, (1, 1, 1)), (90, (0.2, 0.5, 0.1)))
    )
    parts = replace(composed(BACKGROUNDS[background]), words=words)
    off = np.abs(put_together(parts) - with_words(parts))
    assert off.max() <= 1
    assert off[PRODUCT.box.slices()][PRODUCT.core].max() == 0


def test_alpha_is_the_products_own_at_its_place() -> None:
    alpha = draw_layer(LayerName.ALPHA, composed())
    assert np.array_equal(alpha[PRODUCT.box.slices()], PRODUCT.alpha)
    assert np.count_nonzero(alpha) == np.count_nonzero(PRODUCT.alpha)


def test_foreground_hides_no_background() -> None:
    foreground = draw_layer(LayerName.FOREGROUND, composed())
    assert not foreground[foreground[..., 3] == 0].any()


def test_shadow_of_white_light_is_black() -> None:
    scene = GenerateResult(NOISE, Light(0, 45, 12, (0.5,) * 3, (0.5,) * 3), Finish(0, 1), "test", 0.0)
    shadow = draw_layer(LayerName.SHADOW, compose(REQUEST, PRODUCT, scene, Deadline()))
    assert shadow[..., 3].max() > OPAQUE // 4
    # Rounding in single precision leaves a trace of light, far below one step of 255.
    assert shadow[shadow[..., 3] > OPAQUE // 100][..., :3].max() < OPAQUE // 255


@pytest.mark.parametrize("name", [LayerName.SHADOW, LayerName.REFLECTION])
def test_layer_of_nothing_is_transparent(name: LayerName) -> None:
    parts = composed(finish=Finish(0, 1), shadow=Shadow.NONE)
    assert draw_layer(name, parts).shape == (*CANVAS, 4)
    assert not draw_layer(name, parts).any()


@pytest.mark.parametrize(("scale", "origin"), [(1.0, (30, 25)), (0.5, (35, 30)), (2.0, (-10, -10))])
def test_uncertainty_lies_where_the_product_does(scale: float, origin: tuple[int, int]) -> None:
    uncertainty = np.zeros(IMAGE.shape[:2], np.uint8)
    uncertainty[40:50, 40:50] = 200
    placement = replace(REQUEST.placement, scale=scale, top=origin[0], left=origin[1])
    layer = draw_uncertainty(replace(CUTOUT, uncertainty=uncertainty), placement)
    rows, columns = np.nonzero(layer > 100)
    assert layer.shape == CANVAS
    assert rows.min() == pytest.approx(origin[0] + 30 * scale, abs=1)
    assert columns.max() + 1 == pytest.approx(origin[1] + 40 * scale, abs=1)


def test_uncertainty_of_a_cutout_that_was_given_is_none() -> None:
    assert not draw_uncertainty(CUTOUT, REQUEST.placement).any()
