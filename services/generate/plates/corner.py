"""A table that meets a wall, under a lamp or in a window's light."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.generate.plates.bokeh import blur_rows
from services.generate.plates.gobo import Gobo
from services.generate.plates.lighting import Lamp
from services.generate.plates.surface import (
    COARSE,
    Band,
    Incidence,
    Lay,
    coarse_ground,
    coarse_incidence,
    ground_skin,
    lit,
    wall_skin,
)
from services.generate.plates.texture import Texture
from services.generate.plates.view import View


@dataclass(frozen=True)
class Corner:
    """Table and wall.

    Args:
        texture, table: The table's, and how it lies.
        wall_texture, wall: The wall's, and how it lies.
        wall_m: From the foot to the wall.
        gobo: Between them and the key.
    """

    texture: Texture
    table: Lay
    wall_texture: Texture
    wall: Lay
    wall_m: float
    gobo: Gobo | None = None

    def draw(self, view: View, lamp: Lamp, deadline: Deadline) -> NDArray[np.float32]:
        """(H, W, 3) float32 linear radiance, 1 = a white card at the foot in full light."""
        height, width = view.camera.size_hw
        depth, z = view.ground()
        wall_z = view.foot_z_m + self.wall_m
        seam = int(np.count_nonzero(z > wall_z))
        picture = np.empty((height, width, 3), np.float32)
        depths = depth.copy()
        if seam:
            picture[:seam], depths[:seam] = self._wall(view, Band(0, seam), wall_z, lamp)
            deadline.check()
        if seam < height:
            picture[seam:] = self._table(view, Band(seam, height), lamp)
            deadline.check()
        return blur_rows(picture, view.blur_px(depths))

    def _wall(
        self, view: View, band: Band, wall_z: float, lamp: Lamp
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        depth, y = view.wall(wall_z)
        skin = wall_skin(view, band, wall_z, self.wall_texture, self.wall)
        points = np.empty((*skin.gloss.shape, 3), np.float32)
        points[..., 0] = view.across[None, :] * depth[band.rows, None]
        points[..., 1] = y[band.rows, None]
        points[..., 2] = wall_z
        incidence = self._shaded(
            points, coarse_incidence(lamp, _thin(points), (0, 0, -1), skin.gloss.shape), lamp, y[band.rows]
        )
        return lit(skin, incidence, lamp, 2), depth[band.rows]

    def _table(self, view: View, band: Band, lamp: Lamp) -> NDArray[np.float32]:
        depth, z = view.ground()
        skin = ground_skin(view, band, self.texture, self.table)
        points = np.zeros((*skin.gloss.shape, 3), np.float32)
        points[..., 0] = view.across[None, :] * depth[band.rows, None]
        points[..., 2] = z[band.rows, None]
        to_wall = np.float32(view.foot_z_m + self.wall_m) - z[band.rows]
        size = skin.gloss.shape
        incidence = self._shaded(
            points, coarse_incidence(lamp, coarse_ground(view, band), (0, 1, 0), size), lamp, to_wall
        )
        return lit(skin, incidence, lamp, 1)

    def _shaded(
        self, points: NDArray[np.float32], incidence: Incidence, lamp: Lamp, to_seam: NDArray[np.float32]
    ) -> Incidence:
        """The gobo's shadow in the key, and the corner's darkness in the ambient light (half of its sky is wall)."""
        hollow = 1 - 0.42 * np.exp(-np.maximum(to_seam, 0) / 0.09) - 0.12 * np.exp(-np.maximum(to_seam, 0) / 0.012)
        key = incidence.key * self.gobo.shade(lamp, points) if self.gobo else incidence.key
        return Incidence(key, incidence.ambient * hollow[:, None].astype(np.float32))


def _thin(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """The places on a coarse grid, first and last included."""
    rows = np.linspace(0, points.shape[0] - 1, max(2, points.shape[0] // COARSE)).round().astype(int)
    columns = np.linspace(0, points.shape[1] - 1, max(2, points.shape[1] // COARSE)).round().astype(int)
    return np.asarray(points[np.ix_(rows, columns)], np.float32)
