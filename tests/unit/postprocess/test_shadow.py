import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.errors import Cancelled
from services.common.geometry import Box
from services.common.light import Light
from services.common.pose import Pose
from services.evaluation.truth.shadows import Blocks, seen_by, true_occlusion, upright_board, upright_cylinder
from services.postprocess.cast_shadow import cast_occlusion
from services.postprocess.composite import composite
from services.postprocess.product import Product
from services.postprocess.schema import Shadow
from services.postprocess.shadow import shade
from tests.support.products import block, product_of

SIZE = (320, 320)


def camera(pitch_deg: float) -> Camera:
    return Camera(SIZE, pitch_deg, 30.0, (200.0, 160.0), 400.0)


def light(azimuth: float, elevation: float = 40, radius: float = 10, key: float = 0.65) -> Light:
    return Light(azimuth, elevation, radius, (key, key, key), (1 - key, 1 - key, 1 - key))


def foot_distance(view: Camera) -> float:
    return view.height_m / np.tan(np.radians(view.foot_depression_deg))


def vase(view: Camera) -> np.ndarray:
    """A silhouette with a waist, and its foot at the camera's foot row."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    return (y < 200) & (y > 90) & (np.abs(x - 160) < 38 * (1 + 0.4 * np.sin(y / 8)))


def drawn(product: Product, view: Camera, key: Light, depth_ratio: float | None = None) -> np.ndarray:
    occlusion = np.zeros(SIZE)
    part, box = cast_occlusion(product, view, key, Pose.STANDING, Deadline(), depth_ratio)
    occlusion[box.slices()] = part
    return occlusion


def distance_to_truth(
    mask: np.ndarray, body: Blocks, view: Camera, key: Light, depth_ratio: float | None = None
) -> tuple[float, float]:
    """RMSE inside either shadow, and IoU of their dark halves, where the product does not hide the ground."""
    ours, truth = drawn(product_of(mask), view, key, depth_ratio), true_occlusion(view, key, body, 300)
    shadowed = ~mask & ((ours > 0.02) | (truth > 0.02))
    both, either = (ours > 0.5) & (truth > 0.5) & ~mask, ((ours > 0.5) | (truth > 0.5)) & ~mask
    return float(np.sqrt(np.mean((ours - truth)[shadowed] ** 2))), float(both.sum() / either.sum())


@pytest.mark.parametrize(
    ("pitch", "azimuth", "elevation", "radius"),
    [(5, -140, 35, 8), (15, 0, 30, 12), (40, 30, 40, 20), (15, 180, 25, 5)],
    ids=["left front", "from behind", "large and right behind", "low front"],
)
def test_shadow_of_a_flat_board_is_the_traced_one(pitch: int, azimuth: int, elevation: int, radius: int) -> None:
    view, key = camera(pitch), light(azimuth, elevation, radius)
    mask = vase(view)
    board = upright_board(view, mask, foot_distance(view))
    error, overlap = distance_to_truth(mask, board, view, key, depth_ratio=0.0)
    assert error <= 0.06
    assert overlap >= 0.9


@pytest.mark.parametrize(
    ("pitch", "azimuth", "radius"),
    [(15, 30, 20), (15, 0, 12), (40, -140, 8), (40, -90, 10), (40, 0, 12)],
    ids=["large right behind", "behind, flat view", "left front", "left", "behind"],
)
def test_shadow_of_a_cylinder_is_the_traced_one(pitch: int, azimuth: int, radius: int) -> None:
    view, key = camera(pitch), light(azimuth, 40, radius)
    body = upright_cylinder((0.0, foot_distance(view)), 0.09, 0.16)
    error, overlap = distance_to_truth(seen_by(view, body), body, view, key)
    assert error <= 0.1
    assert overlap >= 0.85


@pytest.mark.parametrize(
    ("azimuth", "down", "right"), [(-90, 0, 1), (90, 0, -1), (0, 1, 0), (180, -1, 0), (-45, 1, 1), (135, -1, -1)]
)
def test_shadow_falls_away_from_the_light(azimuth: float, down: int, right: int) -> None:
    product = block(SIZE, Box(120, 140, 80, 40))
    occlusion = drawn(product, camera(35), light(azimuth))
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    moved_y = (occlusion * y).sum() / occlusion.sum() - 190
    moved_x = (occlusion * x).sum() / occlusion.sum() - 160
    assert moved_y * down >= abs(down) * 5
    assert moved_x * right >= abs(right) * 5
    assert right or abs(moved_x) < 3


@pytest.mark.parametrize("pitch", [10, 40, 60, 80])
def test_shadow_of_an_even_body_lit_from_behind_is_even(pitch: float) -> None:
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    product = product_of(np.hypot((x - 160) / 50, (y - 150) / 60) < 1)
    occlusion = drawn(product, camera(pitch), light(0))
    assert np.abs(occlusion - occlusion[:, ::-1]).sum() < 0.02 * occlusion.sum()


def test_lower_light_throws_a_longer_shadow() -> None:
    product = block(SIZE, Box(120, 140, 80, 40))
    areas = [drawn(product, camera(35), light(-90, elevation, 2)).sum() for elevation in (70, 45, 25)]
    assert areas == sorted(areas)
    assert areas[0] < 0.6 * areas[-1]


def test_larger_light_throws_a_softer_shadow() -> None:
    product = block(SIZE, Box(120, 140, 80, 40))
    # Before the foot, where every shadow is sharp.
    edges = [np.abs(np.gradient(drawn(product, camera(35), light(0, 40, r)))[0][215:]).max() for r in (1, 8, 25)]
    assert edges == sorted(edges, reverse=True)


@settings(max_examples=25)
@given(
    st.floats(-180, 180), st.floats(5, 90), st.floats(0.1, 30), st.floats(0, 90), st.sampled_from(list(Pose)),
    st.sampled_from([Shadow.SOFT, Shadow.CONTACT]),
)  # fmt: skip
def test_shadow_never_brightens_and_stays_on_the_canvas(
    azimuth: float, elevation: float, radius: float, pitch: float, pose: Pose, shadow: Shadow
) -> None:
    shading = shade(
        block(SIZE, Box(120, 140, 80, 40)), camera(pitch), light(azimuth, elevation, radius), pose, shadow, Deadline()
    )
    assert shading is not None
    assert shading.factor.shape == (shading.box.height, shading.box.width, 3)
    assert shading.box.clipped(SIZE) == shading.box
    assert shading.factor.max() <= 1
    assert shading.factor.min() >= 0


def test_white_ground_stays_white_outside_the_shadow() -> None:
    product = block(SIZE, Box(120, 140, 80, 40))
    shading = shade(product, camera(20), light(-120, 60, 25), Pose.STANDING, Shadow.SOFT, Deadline())
    picture = composite(np.full((*SIZE, 3), 255, np.uint8), product, shading)
    assert (picture[:60] == 255).all()
    assert (picture[-40:] == 255).all()
    assert picture[200, 160].max() < 200


@pytest.mark.parametrize("pose", [Pose.STANDING, Pose.LYING])
@pytest.mark.parametrize("azimuth", [-90, 0, 150])
def test_shadow_touches_every_column_of_the_contact(pose: Pose, azimuth: float) -> None:
    product = block(SIZE, Box(120, 140, 80, 40))
    shading = shade(product, camera(15), light(azimuth), pose, Shadow.SOFT, Deadline())
    assert shading is not None
    seam = shading.factor[200 - shading.box.top, 142 - shading.box.left : 178 - shading.box.left]
    assert seam.max() < 0.75


def test_shadow_takes_away_the_key_and_leaves_the_ambient_colour() -> None:
    warm = Light(0, 40, 2, (0.6, 0.5, 0.3), (0.2, 0.3, 0.5))
    product = block(SIZE, Box(120, 140, 80, 40))
    shading = shade(product, camera(35), warm, Pose.STANDING, Shadow.SOFT, Deadline())
    assert shading is not None
    darkest = shading.factor[240 - shading.box.top, 160 - shading.box.left]
    assert darkest / darkest[2] == pytest.approx([0.25 / 0.625, 0.375 / 0.625, 1], abs=0.05)


def test_no_shadow_where_none_is_wanted_or_the_foot_is_outside_the_picture() -> None:
    product, cut_off = block(SIZE, Box(120, 140, 80, 40)), block(SIZE, Box(220, 140, 100, 40))
    assert shade(product, camera(15), light(0), Pose.STANDING, Shadow.NONE, Deadline()) is None
    assert shade(cut_off, camera(15), light(0), Pose.STANDING, Shadow.SOFT, Deadline()) is None


def test_lying_product_has_a_narrower_shadow_than_a_standing_one() -> None:
    product, view = block(SIZE, Box(100, 100, 120, 120)), camera(80)
    widths = []
    for pose in (Pose.LYING, Pose.STANDING):
        part, box = cast_occlusion(product, view, light(-90), pose, Deadline())
        right_of_product = part[:, 220 - box.left :]
        widths.append(right_of_product.sum())
    assert 0 < widths[0] < widths[1]


SHAPES = {
    "full frame": Box(0, 0, 299, 400),
    "one row": Box(150, 0, 1, 400),
    "one column": Box(0, 200, 290, 1),
    "spot": Box(150, 200, 1, 1),
    "upper corner": Box(0, 0, 40, 60),
    "lower corner": Box(258, 340, 41, 60),
    "ordinary": Box(125, 125, 150, 150),
}


@pytest.mark.parametrize("fov", [6.0, 30.0, 89.0])
@pytest.mark.parametrize("pose", [Pose.STANDING, Pose.LYING])
@pytest.mark.parametrize("name", list(SHAPES))
def test_shadow_is_there_and_takes_little_memory_at_every_pitch(name: str, pose: Pose, fov: float) -> None:
    box = SHAPES[name]
    product = block((300, 400), box)
    tracemalloc.start()
    try:
        for pitch in range(0, 91, 15):
            row = box.bottom - (box.height / 2 if pose is Pose.LYING else min(box.height / 2, 2))
            view = Camera((300, 400), pitch, fov, (row, box.left + box.width / 2), 400.0)
            part, _ = cast_occlusion(product, view, light(-90), pose, Deadline())
            assert np.isfinite(part).all()
            # A standing spot is its own shadow.
            assert part.sum() > 0 or (name == "spot" and pose is Pose.STANDING)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 40e6


@pytest.mark.parametrize("pitch", [0.0, 5.0, 9.0, 9.7])
def test_lying_product_seen_flat_has_a_shadow_at_its_edge(pitch: float) -> None:
    product = block((800, 600), Box(250, 150, 300, 300))
    view = Camera((800, 600), pitch, 30.0, (400.0, 300.0), 1000.0)
    part, box = cast_occlusion(product, view, light(-90), Pose.LYING, Deadline())
    beside = part[300 - box.top : 500 - box.top, 451 - box.left]
    assert beside.min() > 0.3


def test_shadow_is_not_made_for_a_caller_who_left() -> None:
    deadline = Deadline()
    deadline.cancel()
    with pytest.raises(Cancelled):
        cast_occlusion(block(SIZE, Box(120, 140, 80, 40)), camera(15), light(0), Pose.STANDING, deadline)
