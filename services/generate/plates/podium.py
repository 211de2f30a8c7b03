"""A round plinth before seamless paper."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.generate.plates.bokeh import blur_disc
from services.generate.plates.edge import coverage
from services.generate.plates.lighting import Lamp
from services.generate.plates.sweep import Sweep
from services.generate.plates.view import View

#: Over this length the plinth's rim is rounded, which catches light.
RIM_M: Final = 0.003
#: Light that the paper throws back onto the plinth's side, as a share of what falls on it.
BOUNCE: Final = 0.22
STRIP_PX: Final = 1 << 19


@dataclass(frozen=True)
class Podium:
    """The plinth, and the paper behind and below it.

    Args:
        paper: Its floor lies as much lower as the plinth is high.
        albedo: (3,) linear RGB of the plinth.
        radius_m: Of the plinth; the product's foot stands in its middle.
    """

    paper: Sweep
    albedo: NDArray[np.float32]
    radius_m: float

    def draw(self, view: View, lamp: Lamp, rng: np.random.Generator, deadline: Deadline) -> NDArray[np.float32]:
        """(H, W, 3) float32 linear radiance, 1 = a white card at the foot."""
        picture = self.paper.draw(view, lamp, rng)
        deadline.check()
        picture = blur_disc(picture, 0.35 * view.aperture * view.camera.size_hw[0])
        height, width = view.camera.size_hw
        step = max(8, STRIP_PX // width)
        for first in range(0, height, step):
            deadline.check()
            # One row more on either side: the outlines' softness is read from their slope across rows.
            low, end = max(0, first - 1), min(height, first + step + 1)
            rows = np.arange(low, end)
            kept = slice(first - low, min(height, first + step) - low)
            layer, cover = self._plinth(view, lamp, rows)
            strip = picture[first : min(height, first + step)]
            strip += (layer[kept] - strip) * cover[kept, :, None]
        return picture

    def _plinth(
        self, view: View, lamp: Lamp, rows: NDArray[np.int_]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Radiance (h, W, 3) of the plinth alone, and how much of each pixel it covers, (h, W)."""
        depth, z = view.ground()
        depth, behind = np.minimum(depth[rows], 1e3), np.minimum(z[rows], 1e3)[:, None] - np.float32(view.foot_z_m)
        across = view.across[None, :] * depth[:, None] - np.float32(view.foot_x_m)
        inside = np.asarray(self.radius_m - np.hypot(across, behind), np.float32)
        top = coverage(inside)
        beside, turn, drop, reach = self._side(view, rows)
        front = (rows > view.camera.foot_yx[0])[:, None] & (drop > 0)
        side = np.where(front, coverage(beside), 0) * (drop < self.paper.drop_m)
        cover = np.maximum(top, side).astype(np.float32)
        colour = self._side_light(lamp, turn, drop, reach)
        colour += (self._top_light(lamp, across, behind, inside) - colour) * top[..., None]
        return colour, cover

    def _side(self, view: View, rows: NDArray[np.int_]) -> tuple[NDArray[np.float32], ...]:
        """Where rays meet the upright side: distance inside its outline, normal's angle, depth below the top, reach.

        All (h, W) float32, in metres and radians; the angle is 0 towards the camera and grows to the right.
        """
        fall, advance = view.slant()
        ahead = advance[rows].astype(np.float32)[:, None]
        level = np.hypot(view.across[None, :], ahead)
        middle = np.float32(view.foot_x_m), np.float32(view.foot_z_m)
        off = (middle[0] * ahead - middle[1] * view.across[None, :]) / level
        nearest = (middle[0] * view.across[None, :] + middle[1] * ahead) / level
        inside = np.asarray(self.radius_m - np.abs(off), np.float32)
        along = (nearest - np.sqrt(np.maximum(self.radius_m**2 - off**2, 0))) / level
        x, z = along * view.across[None, :] - middle[0], along * ahead - middle[1]
        drop = along * fall[rows].astype(np.float32)[:, None] - np.float32(view.camera.height_m)
        return inside, np.arctan2(x, -z).astype(np.float32), drop.astype(np.float32), np.hypot(x, z).astype(np.float32)

    def _top_light(
        self, lamp: Lamp, across: NDArray[np.float32], behind: NDArray[np.float32], inside: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        points = np.stack([across + lamp.foot[0], 0 * across, behind + lamp.foot[2] + 0 * across], -1)
        up = np.broadcast_to(np.array([0, 1, 0], np.float32), points.shape)
        key = lamp.irradiance(points.astype(np.float32), up)[..., None]
        light = key * np.array(lamp.light.key, np.float32) + np.array(lamp.light.ambient, np.float32)
        rim = np.clip(1 - np.maximum(inside, 0) / np.float32(RIM_M), 0, 1)[..., None]
        return np.asarray(self.albedo * light * (1 + 0.12 * rim), np.float32)

    def _side_light(
        self, lamp: Lamp, turn: NDArray[np.float32], drop: NDArray[np.float32], reach: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        normals = np.stack([np.sin(turn), 0 * turn, -np.cos(turn)], -1)
        points = normals * reach[..., None] + lamp.foot
        points[..., 1] = -np.clip(drop, 0, self.paper.drop_m)
        key = lamp.irradiance(points.astype(np.float32), normals.astype(np.float32))[..., None]
        whole = np.array(lamp.light.key, np.float32) + np.array(lamp.light.ambient, np.float32)
        # The floor and the plinth's foot take half of the sky away, and give some of it back in the paper's colour.
        ambient = (
            np.array(lamp.light.ambient, np.float32)
            * (0.62 - 0.25 * np.clip(drop / self.paper.drop_m, 0, 1))[..., None]
        )
        light = key * np.array(lamp.light.key, np.float32) + ambient + BOUNCE * self.paper.albedo * whole
        rim = np.clip(1 - drop / np.float32(RIM_M), 0, 1)[..., None]
        return np.asarray(self.albedo * light * (1 + 0.25 * rim), np.float32)
