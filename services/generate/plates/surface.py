"""A textured plane under the scene's light: the ground or a wall."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.generate.plates.lighting import Lamp
from services.generate.plates.texture import Footprints, Texture
from services.generate.plates.view import View

#: Smooth lighting is computed at this share of the resolution.
COARSE: Final = 8
#: Samples per pixel at most, along the direction in which a level surface is foreshortened.
MAX_TAPS: Final = 4
#: Pixels looked up at once.
STRIP_PX: Final = 1 << 16


@dataclass(frozen=True)
class Lay:
    """How a texture lies on its plane: turned, shifted (metres), and its albedo multiplied by a colour."""

    turn_deg: float
    origin_m: tuple[float, float]
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Band:
    """Rows of the picture that a plane covers, first inclusive, end exclusive."""

    first: int
    end: int

    @property
    def rows(self) -> slice:
        """Index of the rows."""
        return slice(self.first, self.end)


@dataclass(frozen=True)
class Skin:
    """What a plane shows before light falls on it.

    Args:
        albedo: (H, W, 3) float32 linear.
        slope: (H, W, 2) float32, rise of the relief along the plane's two axes (X and Z, or X and Y).
        gloss: (H, W) float32 in [0, 1].
    """

    albedo: NDArray[np.float32]
    slope: NDArray[np.float32]
    gloss: NDArray[np.float32]


@dataclass(frozen=True)
class Rows:
    """Where the rows of a band meet a plane: one sample of each.

    Args:
        depth_m: (H,) float32, along the optical axis; gives the place along X.
        other_m: (H,) float32, along the plane's other axis.
    """

    depth_m: NDArray[np.float32]
    other_m: NDArray[np.float32]


def ground_skin(view: View, band: Band, texture: Texture, lay: Lay) -> Skin:
    """The ground's texture in perspective; foreshortened rows are averaged from several samples."""
    depth, z = view.ground()
    length = np.abs(np.gradient(z[band.rows].astype(np.float64))) if band.end - band.first > 1 else np.ones(1)
    width = depth[band.rows] / view.camera.focal_px
    middle = min(max(round(view.camera.foot_yx[0]), band.first), band.end - 1) - band.first
    count = min(MAX_TAPS, max(1, math.ceil(float(length[middle] / width[middle]) / 1.4)))
    taps = []
    for tap in range(count):
        depth, z = view.ground((tap + 0.5) / count - 0.5)
        taps.append(Rows(depth[band.rows], z[band.rows] - np.float32(view.foot_z_m)))
    return plane_skin(view, taps, np.maximum(width, length / count).astype(np.float32), texture, lay)


def wall_skin(view: View, band: Band, z_m: float, texture: Texture, lay: Lay) -> Skin:
    """An upright wall's texture."""
    depth, y = view.wall(z_m)
    size = depth[band.rows] / np.float32(view.camera.focal_px)
    return plane_skin(view, [Rows(depth[band.rows], y[band.rows])], size, texture, lay)


def plane_skin(view: View, taps: list[Rows], size_m: NDArray[np.float32], texture: Texture, lay: Lay) -> Skin:
    """A plane's texture where the taps meet it: their samples' mean, made strip by strip, which keeps memory near."""
    height, width = len(size_m), view.camera.size_hw[1]
    skin = Skin(
        np.empty((height, width, 3), np.float32),
        np.empty((height, width, 2), np.float32),
        np.empty((height, width), np.float32),
    )
    tint = np.array(lay.tint, np.float32) / np.float32(len(taps))
    for rows in strips(height, width):
        spots = [_turned(lay, view.across[None, :] * tap.depth_m[rows, None], tap.other_m[rows, None]) for tap in taps]
        albedo, detail = texture.sample(Footprints(*spots[0], size_m[rows]))
        for spot in spots[1:]:
            more = texture.sample(Footprints(*spot, size_m[rows]))
            albedo += more[0]
            detail += more[1]
        np.multiply(albedo, tint, out=skin.albedo[rows])
        detail /= len(taps)
        skin.slope[rows, :, 0], skin.slope[rows, :, 1] = _turned_back(lay, detail[..., 0], detail[..., 1])
        skin.gloss[rows] = detail[..., 2]
    return skin


def strips(height: int, width: int) -> Iterator[slice]:
    """Rows of an array, as many at once as the processor's cache holds beside what is made of them."""
    step = max(1, STRIP_PX // width)
    return (slice(first, min(height, first + step)) for first in range(0, height, step))


def _turned(
    lay: Lay, first: NDArray[np.float32], second: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """From the plane's axes to the texture's."""
    cos, sin = (np.float32(part(math.radians(lay.turn_deg))) for part in (math.cos, math.sin))
    u = first * cos + second * sin + np.float32(lay.origin_m[0])
    return u, second * cos - first * sin + np.float32(lay.origin_m[1])


def _turned_back(
    lay: Lay, along: NDArray[np.float32], across: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A slope's parts from the texture's axes to the plane's."""
    cos, sin = (np.float32(part(math.radians(lay.turn_deg))) for part in (math.cos, math.sin))
    return along * cos - across * sin, along * sin + across * cos


@dataclass(frozen=True)
class Incidence:
    """Light that arrives at a plane's pixels.

    Args:
        key: (H, W) float32, strength of the key, shadows included.
        ambient: (H, W) float32, strength of the ambient light.
    """

    key: NDArray[np.float32]
    ambient: NDArray[np.float32]


def coarse_incidence(
    lamp: Lamp, points: NDArray[np.float32], normal: tuple[float, float, float], size_hw: tuple[int, int]
) -> Incidence:
    """Incidence without shadows, computed on a coarse grid of (h, w, 3) points and enlarged to `size_hw`."""
    normals = np.broadcast_to(np.array(normal, np.float32), points.shape)
    key = lamp.irradiance(points, normals)
    # Rooms and skies fall off too, but less: half of the lamp's falloff, at a larger distance.
    away = np.linalg.norm(points - lamp.foot, axis=-1)
    ambient = 1 / (1 + (away / (1.6 * lamp.distance_m)) ** 2)
    height, width = size_hw
    return Incidence(*(enlarged(part.astype(np.float32), (height, width)) for part in (key, ambient)))


def coarse_ground(view: View, band: Band) -> NDArray[np.float32]:
    """(h, w, 3) places on the ground under a coarse grid over the band."""
    depth, z = view.ground()
    height, width = band.end - band.first, view.camera.size_hw[1]
    rows = np.linspace(band.first, band.end - 1, max(2, height // COARSE)).round().astype(int)
    columns = np.linspace(0, width - 1, max(2, width // COARSE)).round().astype(int)
    x = view.across[columns][None, :] * np.minimum(depth[rows], 1e3)[:, None]
    points = np.zeros((*x.shape, 3), np.float32)
    points[..., 0] = x
    points[..., 2] = np.minimum(z[rows], 1e3)[:, None]
    return points


def enlarged(coarse: NDArray[np.float32], size_hw: tuple[int, int]) -> NDArray[np.float32]:
    """A coarse field at full size, smooth."""
    return np.asarray(cv2.resize(coarse, size_hw[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def lit(skin: Skin, incidence: Incidence, lamp: Lamp, level_axis: int) -> NDArray[np.float32]:
    """Diffuse radiance of a plane (Lambert), its relief shaded by the key.

    Args:
        skin, incidence: Of one size.
        lamp: Gives direction and colours.
        level_axis: 1 for the ground (its slopes are along X and Z), 2 for a wall (along X and Y).

    Returns:
        (H, W, 3) float32 linear RGB.
    """
    other = 2 if level_axis == 1 else 1
    facing = max(abs(float(lamp.direction[level_axis])), 0.3) + lamp.wrap
    # One minus the slope towards the light; OpenCV's matrix per pixel makes no arrays in between.
    towards = np.array([[-lamp.direction[0] / facing, -lamp.direction[other] / facing, 1]])
    colours = np.stack([lamp.light.key, lamp.light.ambient], axis=1)
    radiance = np.empty_like(skin.albedo)
    for rows in strips(*skin.gloss.shape):
        key = np.clip(cv2.transform(skin.slope[rows], towards), 0.05, 2.0) * incidence.key[rows]
        light = cv2.transform(cv2.merge([key, incidence.ambient[rows]]), colours)
        np.multiply(skin.albedo[rows], light, out=radiance[rows])
    return radiance
