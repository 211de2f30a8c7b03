import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.alpha import OPAQUE
from services.common.camera import Camera
from services.common.geometry import Box
from services.common.light import Finish
from services.common.pose import Pose
from services.common.srgb import to_linear
from services.postprocess.product import Product
from services.postprocess.reflection import reflect, reflection_weight
from tests.support.products import block

SIZE = (200, 160)
MIRROR = Finish(gloss=0.3, roughness=0.0)


def camera(pitch_deg: float = 5.0) -> Camera:
    return Camera(SIZE, pitch_deg, 30.0, (118.0, 80.0), 300.0)


def two_coloured() -> Product:
    """Red above, green at the foot."""
    product = block(SIZE, Box(40, 60, 80, 40))
    color = product.color.copy()
    color[:40], color[40:] = (200, 0, 0), (0, 200, 0)
    return product.recolored(color)


@pytest.mark.parametrize("finish", [Finish(0.0, 0.0), Finish(0.0, 1.0), Finish(0.5, 1.0)])
def test_dull_surface_mirrors_nothing(finish: Finish) -> None:
    assert reflect(two_coloured(), camera(), finish, Pose.STANDING) is None


def test_lying_product_hides_its_mirror_image() -> None:
    assert reflect(two_coloured(), camera(), MIRROR, Pose.LYING) is None


def test_product_cut_off_by_the_lower_edge_has_no_mirror_image() -> None:
    assert reflect(block(SIZE, Box(100, 60, 100, 40)), camera(), MIRROR, Pose.STANDING) is None


def test_mirror_image_begins_at_the_contact_with_what_is_lowest() -> None:
    layer = reflect(two_coloured(), camera(), MIRROR, Pose.STANDING)
    assert layer is not None
    near, far = 125 - layer.box.top, 172 - layer.box.top
    assert layer.color[near, 20] == pytest.approx(to_linear(np.array([0, 200, 0], np.uint8)), abs=0.02)
    assert layer.color[far, 20] == pytest.approx(to_linear(np.array([200, 0, 0], np.uint8)), abs=0.02)


def test_mirror_image_lies_below_the_product_and_fades() -> None:
    layer = reflect(two_coloured(), camera(), MIRROR, Pose.STANDING)
    assert layer is not None
    assert (layer.weight[: 119 - layer.box.top] < 0.02).all()
    column = layer.weight[121 - layer.box.top :, 20]
    assert column[0] > 0.1
    assert (np.diff(column) <= 1e-4).all()


def test_rougher_surface_mirrors_less() -> None:
    sums = []
    for roughness in (0.0, 0.2, 0.5):
        layer = reflect(two_coloured(), camera(), Finish(0.3, roughness), Pose.STANDING)
        sums.append(0.0 if layer is None else float(layer.weight.sum()))
    assert sums == sorted(sums, reverse=True)
    assert sums[0] > 2 * sums[-1]


@given(st.floats(0.01, 1), st.floats(0, 0.9), st.floats(2, 88))
def test_mirror_grows_at_flat_angles_and_stays_a_share(gloss: float, roughness: float, depression: float) -> None:
    flat, steep = (reflection_weight(Finish(gloss, roughness), depression + d) for d in (0, 2))
    assert 0 <= steep <= flat <= 1


def test_color_without_weight_is_never_undefined() -> None:
    product = two_coloured()
    holes = product.alpha.copy()
    holes[20:60, 10:20] = 0
    ragged = Product(product.box, holes, product.color, holes == OPAQUE, "none")
    layer = reflect(ragged, camera(30), Finish(0.3, 0.2), Pose.STANDING)
    assert layer is not None
    assert np.isfinite(layer.color).all()
    assert np.isfinite(layer.weight).all()
