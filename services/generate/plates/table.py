"""A table top before a photographed environment."""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.common.light import Finish
from services.generate.plates.bokeh import blur_rows
from services.generate.plates.edge import Edge, coverage
from services.generate.plates.gobo import Gobo
from services.generate.plates.lighting import Lamp
from services.generate.plates.surface import (
    Band,
    Lay,
    coarse_ground,
    coarse_incidence,
    enlarged,
    ground_skin,
    lit,
    strips,
)
from services.generate.plates.surroundings import Surroundings
from services.generate.plates.texture import Texture
from services.generate.plates.view import View

#: Farther away, in metres, nothing of a table is looked for.
FAR_M: Final = 1e3
#: A pixel so many of its own patches from the edge is wholly on the table, however the edge runs.
_PATCHES: Final = 3.0


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
        if band.first == band.end:
            return self.surroundings.behind(view)
        radiance, mirror = self._top(view, band, lamp, deadline)
        inside, end = self._edge_zone(view, band)
        depth, _ = view.ground()
        blur = np.minimum(view.blur_px(depth[band.rows]), view.aperture * view.camera.size_hw[0])
        deadline.check()
        if band.first == 0 and end == 0:
            return blur_rows(radiance, blur)
        layer = blur_rows(self._cut(radiance, mirror[:end], inside[:end]), blur)
        deadline.check()
        picture = self.surroundings.behind(view)
        for rows in strips(*layer.shape[:2]):
            behind = picture[band.first + rows.start : band.first + rows.stop]
            behind *= 1 - layer[rows, :, 3:]
            behind += layer[rows, :, :3]
        return picture

    def _band(self, view: View) -> Band:
        """Rows that may show the top, with a margin above for its blur, but none above the horizon."""
        height = view.camera.size_hw[0]
        depth, z = view.ground()
        half_m = np.minimum(depth, FAR_M) * np.abs(view.across).max()
        turned_m = math.tan(math.radians(abs(self.edge.turn_deg))) * half_m
        rows = np.flatnonzero(z - view.foot_z_m < self.edge.behind_m + turned_m + Edge.MOST_WAVE_M)
        if rows.size == 0:
            return Band(height, height)
        below_horizon = max(0, math.ceil(view.camera.horizon_row) + 1)
        margin = math.ceil(view.aperture * height)
        return Band(max(min(below_horizon, int(rows[0])), int(rows[0]) - margin), height)

    def _top(
        self, view: View, band: Band, lamp: Lamp, deadline: Deadline
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(rows, W, 3) each: radiance of an endless top, and what it mirrors."""
        skin = ground_skin(view, band, self.texture, self.lay)
        deadline.check()
        size = (band.end - band.first, view.camera.size_hw[1])
        points = coarse_ground(view, band)
        incidence = coarse_incidence(lamp, points, (0, 1, 0), size)
        if self.canopy:
            incidence = replace(incidence, key=incidence.key * enlarged(self.canopy.shade(lamp, points), size))
        radiance = lit(skin, incidence, lamp, 1)
        deadline.check()
        seen, fresnel = self.surroundings.mirrored(view, self.finish)
        rows = slice(band.first * len(seen) // band.end, len(seen))
        mirror, sheen = enlarged(seen[rows], size), enlarged(fresnel[rows], size)
        for part in strips(*size):
            # Lines of the relief tilt the mirror a little; brightness follows the slope towards the camera.
            share = sheen[part] * skin.gloss[part] * np.clip(1 + 1.5 * skin.slope[part, :, 1], 0.4, 1.8)
            radiance[part] += (mirror[part] - radiance[part]) * share[..., None]
        return radiance, mirror

    def _edge_zone(self, view: View, band: Band) -> tuple[NDArray[np.float32], int]:
        """(rows, W) metres from the edge, and the row from which on nothing of it is seen, nor of the rim."""
        depth, z = view.ground()
        x = view.across[None, :] * np.minimum(depth[band.rows], FAR_M)[:, None] - np.float32(view.foot_x_m)
        behind = np.minimum(z[band.rows], FAR_M)[:, None] - np.float32(view.foot_z_m)
        inside = self.edge.inside_m(x, behind)
        # Of a pixel's own patch, so much that its coverage is 1 whichever way the edge runs.
        patch = np.abs(np.gradient(z)[band.rows]) + depth[band.rows] / np.float32(view.camera.focal_px)
        near = inside.min(axis=1) < self.edge.rim_m + _PATCHES * patch
        return inside, int(np.flatnonzero(near)[-1]) + 1 if near.any() else 0

    def _cut(
        self, radiance: NDArray[np.float32], mirror: NDArray[np.float32], inside: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """(rows, W, 4): premultiplied by the outline, and the rim rounded off: it turns away from the light and towards
        the room. `mirror` and `inside` are of the first rows; in the others nothing of the edge is seen."""
        end = len(inside)
        layer = np.empty((*radiance.shape[:2], 4), np.float32)
        layer[end:, :, :3], layer[end:, :, 3] = radiance[end:], 1
        bend = np.clip(1 - inside / np.float32(self.edge.rim_m), 0, 1)[..., None] ** 2
        layer[:end, :, 3] = coverage(inside)
        rim = mirror * bend * np.float32(0.5 * self.finish.gloss + 0.05)
        layer[:end, :, :3] = (radiance[:end] * (1 - 0.55 * bend) + rim) * layer[:end, :, 3:]
        return layer
