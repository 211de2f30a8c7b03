"""Where the product stands on the canvas, and the camera that sees it there."""

import math
from dataclasses import dataclass, replace
from typing import Final

from services.api.studio import Canvas
from services.common.camera import FULL_FRAME_MM, Camera
from services.common.errors import InvalidInput, TooLarge
from services.common.geometry import Box, SizeHW
from services.common.placement import Placement
from services.common.pose import Pose
from services.generate.scene import Scene
from services.workflow.fit import Fit

#: Length of the product's longest visible side. Photos carry no scale; goods sold by photo are mostly about a forearm
#: long, and the grain of a table then has a believable size beside them.
PRODUCT_LENGTH_M: Final = 0.28

MAX_SCALE: Final = 4.0
_MIN_CANVAS_PX: Final = 64
#: A box this near to the photo's edge (share of the side, at least one pixel) was cut off by it.
_CUT_SHARE: Final = 0.004
#: Around the box for soft edges (share of its longer side, at least some pixels).
_EDGE_SHARE: Final = 0.02
_EDGE_PX: Final = 8
#: Room below the foot for its shadow (share of the canvas' shorter side) where the caller names no padding.
_SHADOW_ROOM: Final = 0.06
#: How far a standing product moves from the scene's foot point towards the middle of the canvas.
_BALANCE: Final = 0.5
#: Width of a standing product's footprint relative to the product's.
_FOOTPRINT: Final = 0.7
#: How far a product shrinks to stay whole at the position asked for, before it moves instead.
_LEAST_SHRINK: Final = 0.5
#: Of the picture, from top to bottom, in degrees: wider plates look drawn out, narrower ones show next to nothing.
_FOV_RANGE_DEG: Final = (3.0, 80.0)
#: A product that could be this much larger than its own pixels keeps those, and with them every byte.
_KEPT_PIXELS: Final = 0.03


@dataclass(frozen=True)
class Layout:
    """A placed product and the camera of the picture."""

    placement: Placement
    camera: Camera


@dataclass(frozen=True)
class _Axis:
    """One direction: the product's extent in the photo, and what is asked of it on the canvas.

    Args:
        length: Of the product, in photo pixels.
        cut_low, cut_high: Whether the photo's frame cut it off at either end.
        share_low, share_high: Kept free at either end, as shares of the canvas' shorter side; 0 where it is cut off.
        position: Where its anchor stands, as a share of the canvas.
        anchor: Share of the product's length from its low end to that anchor: 0.5 = middle, 1 = foot.
        asked: Whether the caller chose the position.
    """

    length: int
    cut_low: bool
    cut_high: bool
    share_low: float
    share_high: float
    position: float
    anchor: float
    asked: bool

    @property
    def spans(self) -> bool:
        """Whether it was cut off at both ends and has to fill the canvas."""
        return self.cut_low and self.cut_high

    @property
    def share(self) -> float:
        return self.share_low + self.share_high

    def fit(self, size: int, shorter: int) -> float:
        """The scale at which the product fills the canvas up to its margins."""
        return max(1.0, size - self.share * shorter) / self.length

    def fit_at_position(self, size: int) -> float:
        """The scale at which the product reaches the canvas' edge from the position asked for."""
        if not self.asked or self.cut_low or self.cut_high:
            return math.inf
        below = math.inf if self.anchor == 1 else (1 - self.position) / (1 - self.anchor)
        return max(0.0, min(self.position / self.anchor, below)) * size / self.length

    def start(self, size: int, shorter: int, scale: float, *, exact: bool) -> float:
        """Where the product begins on a canvas of that size; `exact` keeps the position whatever it cuts off."""
        length = self.length * scale
        if self.spans:
            return (size - length) / 2
        if self.cut_low or self.cut_high:
            return 0.0 if self.cut_low else size - length
        wanted = self.position * size - self.anchor * length
        if exact:
            return wanted
        if not self.asked and self.anchor == 1:
            wanted += _BALANCE * ((size - length) / 2 - wanted)
        low, high = self.share_low * shorter, size - self.share_high * shorter - length
        if self.asked or high < low - 0.5:
            low, high = min(0.0, size - length), max(0.0, size - length)
        return min(max(wanted, low), high)


def check_canvas(canvas: Canvas, max_canvas_px: int) -> None:
    """Refuse a canvas that is too large, before any work is done for it.

    Raises:
        TooLarge: A side asked for is longer than `max_canvas_px`.
    """
    longest = max(canvas.width, canvas.height)
    if longest > max_canvas_px:
        raise TooLarge(
            f"the canvas is {canvas.width} x {canvas.height}; its sides may have at most {max_canvas_px} pixels",
            field="canvas.width" if canvas.width == longest else "canvas.height", got=longest, limit=max_canvas_px,
        )  # fmt: skip


def plan_layout(photo_hw: SizeHW, box: Box, scene: Scene, canvas: Canvas, fit: Fit, max_canvas_px: int) -> Layout:
    """Place a product.

    A canvas that nobody asked for gets the scene's aspect and the size at which the product keeps its own pixels. A
    product is never cut off, but one that the photo's frame already cut is laid flush with that side of the canvas, so
    that no sliced edge floats in the picture.

    Args:
        photo_hw: Size of the photo.
        box: The product in it.
        scene: Gives what the request leaves open.
        canvas: What the caller asks for; `check_canvas` has passed it.
        fit: The pose and the camera. Standing products have their foot at the foot point, lying and hanging ones their
            middle at the canvas'.
        max_canvas_px: Longest side of a canvas that nobody asked for.

    Raises:
        InvalidInput: Scale and position put the product wholly outside the canvas.
        TooLarge: The scale asked for, with no canvas beside it, needs one longer than `max_canvas_px`.
    """
    rows, columns = _axes(photo_hw, box, scene, canvas, fit.pose)
    size_hw, scale = _canvas_and_scale(rows, columns, scene, canvas, max_canvas_px)
    placement = _placement(photo_hw, box, rows, columns, size_hw, scale, exact=canvas.scale is not None)
    return Layout(placement, _camera(placement, photo_hw, box, scene, fit))


def _axes(photo_hw: SizeHW, box: Box, scene: Scene, canvas: Canvas, pose: Pose) -> tuple[_Axis, _Axis]:
    """Rows and columns."""
    slack_y, slack_x = (max(1, round(_CUT_SHARE * side)) for side in photo_hw)
    top, bottom = box.top <= slack_y, box.bottom >= photo_hw[0] - slack_y
    left, right = box.left <= slack_x, box.right >= photo_hw[1] - slack_x
    hints, standing = scene.layout, pose is Pose.STANDING
    padding = hints.padding if canvas.padding is None else canvas.padding
    at_foot = max(padding, _SHADOW_ROOM) if canvas.padding is None else padding
    asked_x, asked_y = canvas.position_x is not None, canvas.position_y is not None
    x = canvas.position_x if canvas.position_x is not None else hints.foot_x if standing else 0.5
    y = canvas.position_y if canvas.position_y is not None else hints.foot_y if standing else 0.5
    rows = _Axis(
        box.height, top, bottom, 0 if top else padding, 0 if bottom else at_foot, y, 1.0 if standing else 0.5, asked_y
    )
    columns = _Axis(box.width, left, right, 0 if left else padding, 0 if right else padding, x, 0.5, asked_x)
    return rows, columns


def _canvas_and_scale(
    rows: _Axis, columns: _Axis, scene: Scene, canvas: Canvas, max_canvas_px: int
) -> tuple[SizeHW, float]:
    if not canvas.width:
        wanted = canvas.scale or 1.0
        height, width = _own_canvas(rows, columns, scene.layout.aspect, wanted)
        shrink = min(1.0, max_canvas_px / max(height, width))
        if canvas.scale is not None and shrink < 1:
            raise TooLarge(
                f"at scale {canvas.scale:g} the picture would be {math.ceil(height)} x {math.ceil(width)} pixels "
                f"(height x width); its sides may have at most {max_canvas_px}: ask for a smaller scale, or name a "
                "canvas",
                field="canvas.scale", got=math.ceil(max(height, width)), limit=max_canvas_px,
            )  # fmt: skip
        size_hw = (min(max_canvas_px, math.ceil(height * shrink)), min(max_canvas_px, math.ceil(width * shrink)))
        return size_hw, wanted * shrink
    size_hw = (canvas.height, canvas.width)
    if canvas.scale is not None:
        return size_hw, canvas.scale
    shorter = min(size_hw)
    filling = [axis.fit(size, shorter) for axis, size in ((rows, size_hw[0]), (columns, size_hw[1])) if axis.spans]
    scale = max(filling) if filling else min(rows.fit(size_hw[0], shorter), columns.fit(size_hw[1], shorter))
    if not filling:
        at_position = min(rows.fit_at_position(size_hw[0]), columns.fit_at_position(size_hw[1]))
        scale = max(scale * _LEAST_SHRINK, min(scale, at_position))
    if 1 < scale < 1 + _KEPT_PIXELS:
        return size_hw, 1.0
    return size_hw, min(scale, MAX_SCALE)


def _own_canvas(rows: _Axis, columns: _Axis, aspect: float, scale: float) -> tuple[float, float]:
    """Height and width of the smallest canvas of that aspect that holds product and margins.

    A product that was cut off at one end lies flush there; the aspect would leave the other half empty, so the canvas
    ends at the margin instead.
    """
    height, width = rows.length * scale, columns.length * scale
    if columns.spans and rows.spans:
        return height, width
    if columns.spans:
        return max(width / aspect, height + rows.share * width), width
    if rows.spans:
        return height, max(height * aspect, width + columns.share * height)
    across, down = max(1.0, aspect), max(1.0, 1 / aspect)
    shorter = max(width / (across - columns.share), height / (down - rows.share), _MIN_CANVAS_PX)
    own_height, own_width = shorter * down, shorter * across
    if rows.cut_low or rows.cut_high:
        own_height = min(own_height, max(_MIN_CANVAS_PX, height + rows.share * shorter))
    if columns.cut_low or columns.cut_high:
        own_width = min(own_width, max(_MIN_CANVAS_PX, width + columns.share * shorter))
    return own_height, own_width


def _placement(
    photo_hw: SizeHW, box: Box, rows: _Axis, columns: _Axis, size_hw: SizeHW, scale: float, *, exact: bool
) -> Placement:
    crop = box.grown(max(_EDGE_PX, math.ceil(_EDGE_SHARE * max(box.height, box.width))), photo_hw)
    shorter = min(size_hw)
    y = rows.start(size_hw[0], shorter, scale, exact=exact and rows.asked)
    x = columns.start(size_hw[1], shorter, scale, exact=exact and columns.asked)
    inset_y, inset_x = (box.top - crop.top) * scale, (box.left - crop.left) * scale
    top, left = _whole(y - inset_y, rows), _whole(x - inset_x, columns)
    on_canvas = Box(
        round(top + inset_y), round(left + inset_x), max(1, round(box.height * scale)), max(1, round(box.width * scale))
    ).clipped(size_hw)
    if on_canvas.height == 0 or on_canvas.width == 0:
        field = "canvas.position_y" if on_canvas.height == 0 else "canvas.position_x"
        raise InvalidInput(
            f"at scale {scale:g} the product of {box.height} x {box.width} pixels would lie wholly outside the "
            f"canvas of {size_hw[0]} x {size_hw[1]} (height x width); move it or make it smaller",
            field=field,
        )
    return Placement(size_hw, crop, top, left, scale, on_canvas)


def _whole(start: float, axis: _Axis) -> int:
    """To whole pixels, and over the canvas' edge rather than short of it where the product is laid flush."""
    if axis.cut_high and not axis.cut_low:
        return math.ceil(start - 1e-6)
    return math.floor(start + 1e-6) if axis.cut_low else round(start)


def _camera(placement: Placement, photo_hw: SizeHW, box: Box, scene: Scene, fit: Fit) -> Camera:
    """The camera that sees the middle of the ground contact where the layout put it."""
    scale, crop = placement.scale, placement.crop
    height, width = box.height * scale, box.width * scale
    top, left = placement.top + (box.top - crop.top) * scale, placement.left + (box.left - crop.left) * scale
    px_per_m = max(height, width) / PRODUCT_LENGTH_M
    column = left + width / 2
    fov_deg = scene.vertical_fov_deg
    if fit.focal_mm is not None:
        focal_px = scale * _focal_px(fit.focal_mm, photo_hw)
        low, high = _FOV_RANGE_DEG
        fov_deg = min(high, max(low, 2 * math.degrees(math.atan2(placement.canvas_hw[0] / 2, focal_px))))

    def seen_from(row: float) -> Camera:
        return Camera(placement.canvas_hw, fit.pitch_deg, fov_deg, (row, column), px_per_m, fit.roll_deg)

    if fit.pose is not Pose.STANDING:
        return seen_from(top + height / 2)
    depth = math.sin(math.radians(seen_from(top + height).foot_depression_deg))
    camera = seen_from(top + height - min(height / 2, _FOOTPRINT * width / 2 * depth))
    if fit.read_mm is None:
        return camera
    foot_yx = box.top + (camera.foot_yx[0] - top) / scale, box.left + box.width / 2
    return _looking_alike(camera, foot_yx, photo_hw, fit.read_mm, scene)


def _looking_alike(
    camera: Camera, foot_yx: tuple[float, float], photo_hw: SizeHW, read_mm: float, scene: Scene
) -> Camera:
    """The camera, its pitch such that it sees the foot as steeply as the photo's did, which saw it elsewhere.

    The horizon then lies about as far above the product as it did in the photo.

    Args:
        camera: With the pitch of the photo's.
        foot_yx: Of the product, in the photo.
        photo_hw: Its size.
        read_mm: Its focal length.
        scene: Gives the pitches that it can be shown in.
    """

    def below_axis_deg(foot: tuple[float, float], size_hw: SizeHW, focal_px: float) -> float:
        y, x, roll = foot[0] - size_hw[0] / 2, foot[1] - size_hw[1] / 2, math.radians(camera.roll_deg)
        return math.degrees(math.atan2(x * math.sin(roll) + y * math.cos(roll), focal_px))

    moved = below_axis_deg(foot_yx, photo_hw, _focal_px(read_mm, photo_hw))
    moved -= below_axis_deg(camera.foot_yx, camera.size_hw, camera.focal_px)
    return replace(camera, pitch_deg=min(scene.pitch.max, max(scene.pitch.min, camera.pitch_deg + moved)))


def _focal_px(focal_mm: float, size_hw: SizeHW) -> float:
    """Of a picture of that size."""
    return focal_mm / FULL_FRAME_MM * math.hypot(*size_hw)
