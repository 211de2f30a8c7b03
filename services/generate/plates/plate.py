"""Joins set, light and camera into one finished plate."""

from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.light import Finish, Light
from services.common.srgb import decode
from services.generate.backdrop import (
    Backdrop,
    CornerBackdrop,
    Cover,
    PackshotBackdrop,
    PodiumBackdrop,
    StudioLight,
    SurfaceBackdrop,
    SweepBackdrop,
    TableBackdrop,
    WallBackdrop,
    WindowBackdrop,
    WindowPanes,
)
from services.generate.environment import Environment
from services.generate.plates.corner import Corner
from services.generate.plates.edge import Edge, EdgeShape
from services.generate.plates.flat import Flat
from services.generate.plates.gobo import Gobo, WindowShape
from services.generate.plates.hanging_wall import HangingWall, straight_on
from services.generate.plates.keylight import balanced, cast_gain, find_light
from services.generate.plates.lens import through_lens
from services.generate.plates.lighting import Lamp
from services.generate.plates.materials.catalog import MaterialName
from services.generate.plates.podium import Podium
from services.generate.plates.surface import Lay
from services.generate.plates.surroundings import Surroundings
from services.generate.plates.sweep import Sweep
from services.generate.plates.table import Table
from services.generate.plates.texture import Texture
from services.generate.plates.tone import develop
from services.generate.plates.view import View
from services.generate.scene import Scene

#: Paper and plaster: matte, no mirror image worth drawing.
MATTE = Finish(gloss=0.02, roughness=0.9)


class Stock(Protocol):
    """Where plates take panoramas and textures from."""

    def environment(self, name: str) -> Environment:
        """The panorama of that name."""
        ...

    def texture(self, material: MaterialName, variant: int) -> Texture:
        """That piece of a material."""
        ...


@dataclass(frozen=True)
class Plate:
    """A finished background: (H, W, 3) uint8 sRGB, its light and its ground's finish."""

    background: NDArray[np.uint8]
    light: Light
    finish: Finish


def draw_plate(scene: Scene, camera: Camera, seed: int, stock: Stock, deadline: Deadline) -> Plate:
    """Draw a scene for a camera. The same arguments give the same bytes.

    Args:
        scene: What to draw.
        camera: For which picture.
        seed: uint32.
        stock: Gives panoramas and textures.
        deadline: Looked at between steps.
    """
    draft = _Draft(scene, View(camera.level, scene.optics.aperture), np.random.default_rng(seed), stock, deadline)
    plate = draft.drawn(scene.backdrop)
    return plate if camera.roll_deg == 0 else replace(plate, background=_turned(plate.background, camera))


class _Draft:
    """One plate in the making."""

    def __init__(self, scene: Scene, view: View, rng: np.random.Generator, stock: Stock, deadline: Deadline) -> None:
        self.scene = scene
        self.view = view
        self.rng = rng
        self.stock = stock
        self.deadline = deadline

    def drawn(self, backdrop: Backdrop) -> Plate:
        match backdrop:
            case PackshotBackdrop():
                plate = self.packshot(backdrop)
            case SweepBackdrop():
                plate = self.sweep(backdrop)
            case TableBackdrop():
                plate = self.table(backdrop)
            case WindowBackdrop():
                plate = self.window(backdrop)
            case CornerBackdrop():
                plate = self.corner(backdrop)
            case SurfaceBackdrop():
                plate = self.surface(backdrop)
            case PodiumBackdrop():
                plate = self.podium(backdrop)
            case WallBackdrop():
                plate = self.wall(backdrop)
        return plate

    def packshot(self, backdrop: PackshotBackdrop) -> Plate:
        white = np.full((*self.view.camera.size_hw, 3), 255, np.uint8)
        return Plate(white, self._studio(backdrop.light), MATTE)

    def sweep(self, backdrop: SweepBackdrop) -> Plate:
        light = self._studio(backdrop.light)
        lamp = Lamp(light, self.view, backdrop.light.distance_m)
        paper = Sweep(linear(backdrop.colour), backdrop.floor_m, backdrop.curve_m, backdrop.waviness)
        return self._finished(paper.draw(self.view, lamp, self.rng), light, MATTE)

    def table(self, backdrop: TableBackdrop) -> Plate:
        around = backdrop.environment
        environment = self.stock.environment(around.name)
        yaw = around.yaw_deg + self.rng.uniform(-1, 1) * around.spread_deg
        light = find_light(environment, yaw, around.neutral, around.min_key)
        gain = cast_gain(environment.irradiance, around.neutral) * np.float32(around.gain)
        finish = Finish(backdrop.cover.gloss, backdrop.cover.roughness)
        texture, lay = self._covered(backdrop.cover)
        self.deadline.check()
        surroundings = Surroundings(environment, yaw, around.breadth, gain)
        canopy = Gobo.canopy(backdrop.dapple, self.rng) if backdrop.dapple else None
        table = Table(texture, lay, self._edge(backdrop), finish, surroundings, canopy)
        lamp = Lamp(light, self.view, around.distance_m)
        return self._finished(table.draw(self.view, lamp, self.deadline), light, finish)

    def window(self, backdrop: WindowBackdrop) -> Plate:
        light = self._studio(backdrop.light)
        gobo = self._gobo(backdrop, light)
        texture, lay = self._covered(backdrop.cover)
        wall = Lay(0.0, (lay.origin_m[1], lay.origin_m[0]), lay.tint)
        self.deadline.check()
        corner = Corner(texture, lay, texture, wall, backdrop.wall_m, gobo)
        lamp = Lamp(light, self.view, backdrop.light.distance_m)
        return self._finished(corner.draw(self.view, lamp, self.deadline), light, MATTE)

    def corner(self, backdrop: CornerBackdrop) -> Plate:
        light = self._studio(backdrop.light)
        table, wall = self._covered(backdrop.cover), self._covered(backdrop.wall)
        self.deadline.check()
        corner = Corner(*table, *wall, backdrop.wall_m)
        lamp = Lamp(light, self.view, backdrop.light.distance_m)
        return self._finished(corner.draw(self.view, lamp, self.deadline), light, _finish(backdrop.cover))

    def surface(self, backdrop: SurfaceBackdrop) -> Plate:
        light = self._studio(backdrop.light)
        flat = Flat(*self._covered(backdrop.cover))
        self.deadline.check()
        lamp = Lamp(light, self.view, backdrop.light.distance_m)
        return self._finished(flat.draw(self.view, lamp, self.deadline), light, _finish(backdrop.cover))

    def podium(self, backdrop: PodiumBackdrop) -> Plate:
        light = self._studio(backdrop.light)
        paper = Sweep(linear(backdrop.colour), backdrop.floor_m, backdrop.curve_m, 0.01, backdrop.height_m)
        lamp = Lamp(light, self.view, backdrop.light.distance_m)
        podium = Podium(paper, linear(backdrop.plinth), backdrop.radius_m)
        return self._finished(podium.draw(self.view, lamp, self.rng, self.deadline), light, MATTE)

    def wall(self, backdrop: WallBackdrop) -> Plate:
        light = self._studio(backdrop.light).before_the_wall()
        view = View(straight_on(self.view.camera), self.scene.optics.aperture)
        gobo = self._gobo(backdrop.panes, light) if backdrop.panes else None
        wall = HangingWall(*self._covered(backdrop.cover), gobo)
        self.deadline.check()
        return self._finished(wall.draw(view, light, backdrop.light.distance_m, self.deadline), light, MATTE)

    def _gobo(self, panes: WindowPanes, light: Light) -> Gobo:
        shape = WindowShape(panes.pane_m, panes.bar_m, panes.columns, panes.rows, panes.penumbra_m, panes.leaves)
        return Gobo.window(shape, light.azimuth_deg < 0, self.rng)

    def _studio(self, lamp: StudioLight) -> Light:
        key, ambient = linear(lamp.key_colour), linear(lamp.ambient_colour)
        turn = self.rng.uniform(-1, 1) * lamp.spread_deg
        light = Light(
            azimuth_deg=(lamp.azimuth_deg + turn + 180) % 360 - 180,
            elevation_deg=lamp.elevation_deg,
            radius_deg=lamp.radius_deg,
            key=_rgb(key * np.float32(lamp.key_share)),
            ambient=_rgb(ambient * np.float32(1 - lamp.key_share)),
        )
        return balanced(light, 0.0, lamp.key_share)

    def _covered(self, cover: Cover) -> tuple[Texture, Lay]:
        texture = self.stock.texture(cover.material, 0)
        turn = float(self.rng.choice(cover.turns_deg)) + self.rng.uniform(-1, 1) * cover.play_deg
        origin = self.rng.uniform(0, texture.tile_m, 2)
        return texture, Lay(turn, (float(origin[0]), float(origin[1])), _rgb(linear(cover.tint)))

    def _edge(self, backdrop: TableBackdrop) -> Edge:
        edge = backdrop.edge
        behind = edge.behind_m * (1 + max(0.0, self.view.camera.pitch_deg - 5) * edge.retreat)
        phase = self.rng.uniform(0, 1, 5)
        turn = self.rng.uniform(-1, 1) * edge.spread_deg
        waves = tuple(float(part) for part in phase) if edge.shape is EdgeShape.BROKEN else ()
        return Edge(edge.shape, behind, turn, edge.radius_m * behind / edge.behind_m, edge.rim_m, waves)

    def _finished(self, radiance: NDArray[np.float32], light: Light, finish: Finish) -> Plate:
        self.deadline.check()
        optics = self.scene.optics
        return Plate(develop(through_lens(radiance), optics.exposure, optics.grain, self.rng), light, finish)


def _finish(cover: Cover) -> Finish:
    """A studio has little to mirror in a surface: only smooth ones show the product."""
    return Finish(cover.gloss, cover.roughness)


def _turned(level: NDArray[np.uint8], camera: Camera) -> NDArray[np.uint8]:
    """The picture that a rolled camera sees, from its level one's."""
    matrix = camera.to_level()[:2]
    # Indices are half a pixel less than coordinates.
    matrix[:, 2] += matrix[:, :2].sum(axis=1) / 2 - 0.5
    size_wh = camera.size_hw[1], camera.size_hw[0]
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(level, matrix, size_wh, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def linear(colour: str) -> NDArray[np.float32]:
    """(3,) linear RGB of "#rrggbb"."""
    encoded = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], np.float32)
    return decode(encoded / np.float32(255))


def _rgb(colour: NDArray[np.float32]) -> tuple[float, float, float]:
    red, green, blue = (float(part) for part in colour)
    return red, green, blue
