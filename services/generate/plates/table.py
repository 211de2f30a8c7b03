"""A table top before a photographed environment."""

import math
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.common.light import Finish
from services.generate.environment import Environment
from services.generate.plates.bokeh import MAX_KERNEL_PX, blur_disc, blur_rows
from services.generate.plates.edge import Edge, coverage
from services.generate.plates.gobo import Gobo
from services.generate.plates.lighting import Lamp
from services.generate.plates.surface import COARSE, Band, Lay, coarse_incidence, enlarged, ground_skin, lit
from services.generate.plates.texture import Texture
from services.generate.plates.view import View

#: Brighter than this, in whites, a light is cut: a sun's disc would else veil half the picture.
BRIGHTEST: Final = 24.0


@dataclass(frozen=True)
class Surroundings:
    """How the environment is shown.

    Args:
        environment: Radiance, 1 = a white card on the ground.
        yaw_deg: The panorama's azimuth behind the product.
        breadth: See `View.wide`.
        gain: (3,) factor on its radiance, the photographer's white balance and the exposure of the background.
    """

    environment: Environment
    yaw_deg: float
    breadth: float
    gain: NDArray[np.float32]


@dataclass(frozen=True)
class Table:
    """A level top with an edge, in front of surroundings out of focus.

    Args:
        texture, lay, edge, finish, surroundings: See each.
        canopy: Between the top and the key.
    """

    texture: Texture
    lay: Lay
    edge: Edge
    finish: Finish
    surroundings: Surroundings
    canopy: Gobo | None = None

    def draw(self, view: View, lamp: Lamp, deadline: Deadline) -> NDArray[np.float32]:
        """(H, W, 3) float32 linear radiance, 1 = a white card at the foot."""
        band = self._band(view)
        picture = self._background(view) if band.first > 0 or band.end == 0 else None
        deadline.check()
        if band.end == 0:
            return _required(picture)
        layer = self._top(view, band, lamp, deadline)
        deadline.check()
        depth, _ = view.ground()
        far = view.aperture * view.camera.size_hw[0]
        layer = blur_rows(layer, np.minimum(view.blur_px(depth[band.rows]), far))
        if picture is None:
            return np.ascontiguousarray(layer[..., :3])
        picture[band.rows] = layer[..., :3] + picture[band.rows] * (1 - layer[..., 3:])
        return picture

    def _band(self, view: View) -> Band:
        """Rows that may show the top, with a margin for its blur."""
        height = view.camera.size_hw[0]
        _, z = view.ground()
        behind = z - np.float32(view.foot_z_m)
        half_m = np.float32(np.abs(view.across).max()) * np.minimum(view.ground()[0], 50)
        reach = self.edge.behind_m + (
            math.tan(math.radians(abs(self.edge.turn_deg))) * half_m if self.edge.turn_deg else 0.0
        )
        rows = np.flatnonzero(behind < reach + 0.03)
        if rows.size == 0:
            return Band(0, 0)
        margin = math.ceil(view.aperture * height)
        horizon = math.ceil(view.camera.horizon_row + 1)
        return Band(max(0, int(rows[0]) - margin, min(horizon, int(rows[0]))), height)

    def _background(self, view: View) -> NDArray[np.float32]:
        radius = view.aperture * view.camera.size_hw[0]
        share = min(1.0, (MAX_KERNEL_PX + 1.5) / max(radius, 1e-3))
        height, width = view.camera.size_hw
        size = max(2, round(height * share)), max(2, round(width * share))
        seen = self._look(view, size)
        seen = blur_disc(np.minimum(seen, BRIGHTEST), min(radius * size[0] / height, MAX_KERNEL_PX), rim=0.25)
        return np.maximum(enlarged(seen, (height, width)), 0)

    def _look(self, view: View, size_hw: tuple[int, int]) -> NDArray[np.float32]:
        around = self.surroundings
        rays = view.wide(around.breadth).rays(size_hw)
        return around.environment.look(rays, around.yaw_deg) * around.gain

    def _top(self, view: View, band: Band, lamp: Lamp, deadline: Deadline) -> NDArray[np.float32]:
        """(rows, W, 4): premultiplied radiance and coverage."""
        skin = ground_skin(view, band, self.texture, self.lay)
        deadline.check()
        size = skin.gloss.shape
        points = coarse_ground(view, band)
        incidence = coarse_incidence(lamp, points, (0, 1, 0), size)
        if self.canopy:
            incidence = replace(incidence, key=incidence.key * enlarged(self.canopy.shade(lamp, points), size))
        radiance = lit(skin, incidence, lamp, 1)
        mirror, fresnel = self._mirror(view, band)
        sheen = skin.gloss * enlarged(fresnel, size)
        # Lines of the relief tilt the mirror a little; brightness follows the slope towards the camera.
        sheen *= np.clip(1 + 1.5 * skin.slope[..., 1], 0.4, 1.8)
        radiance = radiance * (1 - sheen)[..., None] + enlarged(mirror, size) * sheen[..., None]
        return self._cut(view, band, radiance, enlarged(mirror, size))

    def _mirror(self, view: View, band: Band) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mirrored radiance (h, w, 3) and how much of it shows (h, w), both coarse."""
        height, width = view.camera.size_hw
        full = max(2, height // COARSE), max(2, width // COARSE)
        camera = view.wide(self.surroundings.breadth)
        rays = camera.rays(full)
        picture = self.surroundings.environment.mirror(
            rays, self.surroundings.yaw_deg, 2 + 45 * self.finish.roughness**1.5
        )
        picture = np.minimum(picture * self.surroundings.gain, BRIGHTEST)
        # A rough surface seen at a flat angle draws its mirror image out towards the camera.
        sigma = 0.12 * self.finish.roughness * full[0]
        picture = cv2.GaussianBlur(picture, (0, 0), sigmaX=max(0.3, sigma / 4), sigmaY=max(0.5, sigma))
        cosine = np.clip(-view.camera.rays(full)[..., 1], 0, 1)
        base = self.finish.gloss
        # Schlick 1994; roughness dims the grazing end (Lagarde's fit for prefiltered environments).
        grazing = max(1 - self.finish.roughness, base)
        fresnel = base + (grazing - base) * (1 - cosine) ** 5
        rows = slice(band.first * full[0] // height, full[0])
        return np.asarray(picture, np.float32)[rows], fresnel.astype(np.float32)[rows]

    def _cut(
        self, view: View, band: Band, radiance: NDArray[np.float32], mirror: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Premultiply by the outline, and round the rim off."""
        depth, z = view.ground()
        x = view.across[None, :] * np.minimum(depth[band.rows], 1e3)[:, None] - np.float32(view.foot_x_m)
        inside = self.edge.inside_m(x, np.minimum(z[band.rows], 1e3)[:, None] - np.float32(view.foot_z_m))
        layer = np.empty((*inside.shape, 4), np.float32)
        layer[..., 3] = coverage(inside)
        bend = np.clip(1 - inside / np.float32(self.edge.rim_m), 0, 1)[..., None] ** 2
        layer[..., :3] = (
            radiance * (1 - 0.55 * bend) + mirror * bend * np.float32(0.5 * self.finish.gloss + 0.05)
        ) * layer[..., 3:]
        return layer


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


def _required(picture: NDArray[np.float32] | None) -> NDArray[np.float32]:
    if picture is None:
        raise ValueError("a plate without a top needs a background")
    return picture
