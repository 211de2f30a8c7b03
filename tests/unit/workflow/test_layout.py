import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.api.studio import Canvas
from services.common.camera import FULL_FRAME_MM, Camera
from services.common.errors import InvalidInput, TooLarge
from services.common.geometry import Box
from services.common.pose import Pose
from services.generate.scene import LayoutHints, Scene, SceneCatalog
from services.workflow.fit import Fit
from services.workflow.layout import MAX_SCALE, PRODUCT_LENGTH_M, Layout, check_canvas, plan_layout

PHOTO = (800, 1000)
INSIDE = Box(200, 300, 400, 350)
MAX_PX = 4096
SHIPPED = SceneCatalog.shipped().get("marble")


def scene(**hints: float) -> Scene:
    return SHIPPED.model_copy(update={"layout": LayoutHints(**{"padding": 0.1, **hints}), "vertical_fov_deg": 30.0})


def plan(box: Box = INSIDE, canvas: Canvas | None = None, pose: Pose = Pose.STANDING, **changes: object) -> Layout:
    view = {name: changes.pop(name) for name in ("roll_deg", "focal_mm", "read_mm") if name in changes}
    fit = Fit(pose, changes.pop("pitch_deg", 15.0), 1.0, **view)  # type: ignore[arg-type]
    arguments = {"photo_hw": PHOTO, "scene": scene(), "max_canvas_px": MAX_PX, **changes}
    return plan_layout(box=box, canvas=canvas or Canvas(), fit=fit, **arguments)  # type: ignore[arg-type]


def product_edges(layout: Layout, box: Box) -> tuple[float, float, float, float]:
    """Top, left, bottom and right of the product on the canvas."""
    place = layout.placement
    top, left = (
        place.top + (box.top - place.crop.top) * place.scale,
        place.left + (box.left - place.crop.left) * place.scale,
    )
    return top, left, top + box.height * place.scale, left + box.width * place.scale


inner_boxes = st.builds(Box, st.integers(20, 300), st.integers(20, 400), st.integers(20, 480), st.integers(20, 560))
poses = st.sampled_from(list(Pose))
sides = st.integers(64, 2000)


@given(inner_boxes, poses, st.floats(0, 90))
def test_canvas_that_nobody_asked_for_keeps_the_products_own_pixels(box: Box, pose: Pose, pitch: float) -> None:
    layout = plan(box, pose=pose, pitch_deg=pitch)
    assert layout.placement.scale == 1
    assert (layout.placement.product_box.height, layout.placement.product_box.width) == (box.height, box.width)


@given(inner_boxes, poses, sides, sides)
def test_whole_product_stays_inside_the_padding_of_any_canvas(box: Box, pose: Pose, width: int, height: int) -> None:
    layout = plan(box, Canvas(width=width, height=height), pose)
    top, left, bottom, right = product_edges(layout, box)
    pad = 0.1 * min(width, height) - 1.5
    assert layout.placement.canvas_hw == (height, width)
    assert top >= pad
    assert left >= pad
    assert bottom <= height - pad
    assert right <= width - pad


@given(inner_boxes, poses)
def test_layout_keeps_its_shape_on_a_canvas_of_twice_the_size(box: Box, pose: Pose) -> None:
    layouts = [plan(box, Canvas(width=side, height=side), pose) for side in (600, 1200)]
    assume(layouts[1].placement.scale < MAX_SCALE and all(layout.placement.scale != 1 for layout in layouts))
    small, large = (product_edges(layout, box) for layout in layouts)
    assert all(abs(2 * one - other) <= 3 for one, other in zip(small, large, strict=True))


@given(inner_boxes, st.floats(0, 1), st.floats(0, 1))
def test_product_is_never_cut_off_by_the_position_asked_for(box: Box, x: float, y: float) -> None:
    layout = plan(box, Canvas(width=700, height=500, position_x=x, position_y=y))
    top, left, bottom, right = product_edges(layout, box)
    assert min(top, left) >= -1
    assert bottom <= 501
    assert right <= 701


def test_position_asked_for_is_where_the_foot_stands() -> None:
    layout = plan(canvas=Canvas(width=1000, height=1000, position_x=0.4, position_y=0.7))
    _, left, bottom, right = product_edges(layout, INSIDE)
    assert bottom == pytest.approx(700, abs=1)
    assert (left + right) / 2 == pytest.approx(400, abs=1)


def test_scale_asked_for_is_kept() -> None:
    assert plan(canvas=Canvas(width=900, height=900, scale=0.37)).placement.scale == 0.37
    assert plan(canvas=Canvas(scale=2.0)).placement.scale == 2.0


def test_scale_little_above_one_keeps_the_pixels() -> None:
    fitting = plan(canvas=Canvas()).placement.canvas_hw
    layout = plan(canvas=Canvas(width=round(fitting[1] * 1.02), height=round(fitting[0] * 1.02)))
    assert layout.placement.scale == 1


@pytest.mark.parametrize(
    ("canvas", "field"),
    [(Canvas(width=5000, height=100), "canvas.width"), (Canvas(width=100, height=5000), "canvas.height")],
)
def test_canvas_beyond_the_limit_is_refused(canvas: Canvas, field: str) -> None:
    with pytest.raises(TooLarge) as caught:
        check_canvas(canvas, MAX_PX)
    assert caught.value.details == {"field": field, "got": 5000, "limit": MAX_PX}


def test_scale_whose_picture_would_be_beyond_the_limit_is_refused() -> None:
    with pytest.raises(TooLarge, match="smaller scale") as caught:
        plan(canvas=Canvas(scale=4.0), max_canvas_px=1500)
    assert caught.value.details["field"] == "canvas.scale"
    assert caught.value.details["got"] > caught.value.details["limit"] == 1500


def test_product_wholly_outside_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        plan(canvas=Canvas(width=400, height=400, scale=0.5, position_y=0.0))
    assert caught.value.details["field"] == "canvas.position_y"


def test_own_canvas_is_capped_and_the_product_shrinks_with_it() -> None:
    layout = plan(max_canvas_px=300)
    assert max(layout.placement.canvas_hw) <= 300
    assert layout.placement.scale < 1
    assert product_edges(layout, INSIDE)[0] >= 0


@pytest.mark.parametrize("aspect", [0.5, 0.8, 1.0, 1.6])
def test_own_canvas_has_the_scenes_aspect(aspect: float) -> None:
    height, width = plan(scene=scene(aspect=aspect)).placement.canvas_hw
    assert width / height == pytest.approx(aspect, rel=0.01)


@pytest.mark.parametrize("canvas", [Canvas(), Canvas(width=640, height=480), Canvas(width=300, height=900)])
@pytest.mark.parametrize("pose", list(Pose))
@pytest.mark.parametrize(
    ("box", "side"),
    [
        (Box(300, 300, 500, 300), "bottom"),
        (Box(0, 300, 500, 300), "top"),
        (Box(200, 0, 400, 300), "left"),
        (Box(200, 600, 400, 400), "right"),
    ],
)
def test_product_that_the_photo_cut_off_lies_flush_with_that_side(
    box: Box, side: str, pose: Pose, canvas: Canvas
) -> None:
    layout = plan(box, canvas, pose)
    edges = dict(zip(("top", "left", "bottom", "right"), product_edges(layout, box), strict=True))
    height, width = layout.placement.canvas_hw
    wanted = {"top": 0, "left": 0, "bottom": height, "right": width}[side]
    outward = 1 if side in ("bottom", "right") else -1
    assert 0 <= (edges[side] - wanted) * outward <= 1.01
    others = [
        edges["top"] >= -0.5,
        edges["left"] >= -0.5,
        edges["bottom"] <= height + 0.5,
        edges["right"] <= width + 0.5,
    ]
    assert sum(others) >= 3


@pytest.mark.parametrize("box", [Box(300, 300, 500, 300), Box(0, 300, 500, 300)], ids=["bottom", "top"])
def test_own_canvas_of_a_product_cut_off_at_one_side_ends_at_the_margin_of_the_other(box: Box) -> None:
    layout = plan(box)
    top, _, bottom, _ = product_edges(layout, box)
    height, width = layout.placement.canvas_hw
    assert 0 < max(top, height - bottom) <= 0.3 * width


@pytest.mark.parametrize("canvas", [Canvas(), Canvas(width=640, height=480)])
def test_product_cut_off_on_both_sides_fills_the_canvas_between_them(canvas: Canvas) -> None:
    box = Box(300, 0, 300, 1000)
    layout = plan(box, canvas)
    _, left, _, right = product_edges(layout, box)
    assert left <= 1e-6
    assert right >= layout.placement.canvas_hw[1] - 1


def test_standing_product_has_its_foot_low_and_lying_one_its_middle_in_the_middle() -> None:
    canvas = Canvas(width=1000, height=1000, scale=1.0)
    standing, lying = plan(canvas=canvas), plan(canvas=canvas, pose=Pose.LYING)
    assert product_edges(standing, INSIDE)[2] > 650
    top, left, bottom, right = product_edges(lying, INSIDE)
    assert (top + bottom) / 2 == pytest.approx(500, abs=1)
    assert (left + right) / 2 == pytest.approx(500, abs=1)


def test_small_standing_product_does_not_stick_to_the_bottom() -> None:
    flat = Box(400, 200, 60, 500)
    top, _, bottom, _ = product_edges(plan(flat, Canvas(width=800, height=800)), flat)
    assert 0.5 < (top + bottom) / 2 / 800 < 0.7


@given(inner_boxes, st.floats(0, 80))
def test_camera_looks_at_the_middle_of_the_ground_contact(box: Box, pitch: float) -> None:
    layout = plan(box, pitch_deg=pitch)
    top, left, bottom, right = product_edges(layout, box)
    row, column = layout.camera.foot_yx
    assert (top + bottom) / 2 - 1e-6 <= row <= bottom
    assert column == pytest.approx((left + right) / 2)
    assert layout.camera.size_hw == layout.placement.canvas_hw


def test_contact_moves_up_from_the_lower_edge_as_the_camera_looks_down() -> None:
    rises = []
    for pitch in (0.0, 20.0, 45.0):
        layout = plan(pitch_deg=pitch)
        rises.append(product_edges(layout, INSIDE)[2] - layout.camera.foot_yx[0])
    assert rises == sorted(rises)
    assert rises[0] < rises[-1]


def test_ruler_follows_from_the_products_size_on_the_canvas() -> None:
    layout = plan(canvas=Canvas(width=600, height=600, scale=0.5))
    assert layout.camera.px_per_m == pytest.approx(200 / PRODUCT_LENGTH_M)


def test_crop_leaves_room_for_soft_edges() -> None:
    crop = plan().placement.crop
    assert crop.top <= INSIDE.top - 8
    assert crop.right >= INSIDE.right + 8
    assert math.isclose(INSIDE.left - crop.left, crop.right - INSIDE.right)


sizes = st.integers(200, 300)


def above_the_product(camera: Camera, row: float) -> float:
    """How far the horizon lies above a row of the middle column of a level camera, in pixels."""
    return row - camera.horizon_row


@given(st.builds(Box, st.integers(150, 350), st.integers(250, 450), sizes, sizes), st.floats(8, 35), st.floats(50, 135))
def test_horizon_stays_as_far_above_the_product_as_in_the_photo(box: Box, pitch: float, focal: float) -> None:
    photo = Camera(PHOTO, pitch, fov(focal, PHOTO), (0, 0), 1)
    layout = plan(box, pitch_deg=pitch, focal_mm=focal, read_mm=focal)
    assume(SHIPPED.pitch.min < layout.camera.pitch_deg < SHIPPED.pitch.max)
    foot = layout.camera.foot_yx[0]
    in_photo = box.top + (foot - product_edges(layout, box)[0]) / layout.placement.scale
    wanted = layout.placement.scale * above_the_product(photo, in_photo)
    assert above_the_product(layout.camera, foot) == pytest.approx(wanted, rel=0.08, abs=4)


@given(st.floats(24, 135), st.floats(-10, 10))
def test_plate_is_drawn_for_the_photos_lens(focal: float, roll: float) -> None:
    layout = plan(canvas=Canvas(width=700, height=700), focal_mm=focal, roll_deg=roll)
    photo_px = focal / FULL_FRAME_MM * math.hypot(*PHOTO)
    assert layout.camera.focal_px == pytest.approx(layout.placement.scale * photo_px, rel=1e-6)
    assert layout.camera.roll_deg == roll


def test_pitch_that_was_named_is_the_pictures_own() -> None:
    assert plan(Box(20, 30, 300, 200), pitch_deg=15.0, focal_mm=35.0).camera.pitch_deg == 15.0


def fov(focal_mm: float, size_hw: tuple[int, int]) -> float:
    return 2 * math.degrees(math.atan2(size_hw[0] / 2, focal_mm / FULL_FRAME_MM * math.hypot(*size_hw)))
