"""Photos of goods by a camera of which everything is known, with the shadow that a lamp casts."""

import math
from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.camera import FULL_FRAME_MM, Camera
from services.common.light import Light
from services.common.srgb import to_bytes
from services.evaluation.truth.goods import Good
from services.evaluation.truth.shadows import light_directions
from services.evaluation.truth.solids import Points

SIZE_HW: Final = (600, 480)
#: Rays a pixel each way; the shadow has one for a square of so many pixels, and so many towards the lamp.
_FINE: Final = 2
_SHADOW_PX: Final = 5
_LAMP_RAYS: Final = 40
#: Of the picture's shorter side, taken by the longer one of the product.
_FILLS: Final = 0.72
_AMBIENT: Final = 0.45


@dataclass(frozen=True)
class Stand:
    """Where a camera is and how it looks.

    Args:
        pitch_deg: How far it looks down.
        roll_deg: How far it is turned clockwise.
        focal_mm: Focal length on a frame of 36 x 24 mm with the same diagonal.
        off_yx: Where the product's middle is seen, off the picture's, as shares of its sides.
    """

    pitch_deg: float
    roll_deg: float
    focal_mm: float
    off_yx: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def drawn(cls, number: int) -> Self:
        """Pitches of 0 to 60 degrees, rolls of -10 to 10 and focal lengths of 24 to 135 mm, the product a little off
        the middle; evenly spread (Roberts' R5 sequence, https://extremelearning.com.au).
        """
        shares = [(0.5 + (number + 1) / 1.1347241384015194**power) % 1 for power in range(1, 6)]
        focal = 24 * (135 / 24) ** shares[2]
        return cls(60 * shares[0], 20 * shares[1] - 10, focal, (0.16 * shares[3] - 0.08, 0.2 * shares[4] - 0.1))

    def camera(self, size_hw: tuple[int, int] = SIZE_HW) -> Camera:
        """Its picture's rays; where it stands is another matter."""
        focal_px = self.focal_mm / FULL_FRAME_MM * math.hypot(*size_hw)
        fov = 2 * math.degrees(math.atan2(size_hw[0] / 2, focal_px))
        return Camera(size_hw, self.pitch_deg, fov, (0.0, 0.0), 1.0, self.roll_deg)


@dataclass(frozen=True)
class Taken:
    """A photo and its truth.

    Args:
        name: In words.
        photo: (H, W, 3) uint8 sRGB.
        coverage: (H, W) float32, how much of each pixel the product has, 0 to 1.
        stand: How it was taken.
    """

    name: str
    photo: NDArray[np.uint8]
    coverage: NDArray[np.float32]
    stand: Stand

    @classmethod
    def of(cls, good: Good, stand: Stand, seed: int) -> Self:
        """Photograph a good that stands on a plain ground."""
        rng = np.random.default_rng(seed)
        light = Light(rng.uniform(-150, 150), rng.uniform(40, 70), rng.uniform(8, 20), (1, 1, 1), (1, 1, 1))
        grey = rng.uniform(0.2, 0.75)
        view = _View.on(good, stand)
        ground = np.float32(grey) * (1 - np.float32(1 - _AMBIENT) * view.shadow(good, light))[..., None]
        light_there, alpha = view.seen(good, light)
        photo = to_bytes(np.asarray(light_there + (1 - alpha)[..., None] * ground, np.float32)).astype(np.float64)
        noisy = np.clip(np.round(photo + rng.normal(0, 1.5, photo.shape)), 0, 255).astype(np.uint8)
        words = f"{good.name}, {stand.pitch_deg:.0f} down, rolled {stand.roll_deg:.1f}, {stand.focal_mm:.0f} mm"
        return cls(words, noisy, alpha, stand)


@dataclass(frozen=True)
class _View:
    """The eye of a camera, and the rays of its picture."""

    camera: Camera
    eye: Points

    @classmethod
    def on(cls, good: Good, stand: Stand) -> Self:
        """From as far away as the product fills its share of the picture."""
        camera = stand.camera()
        radius, height = good.solid.extent
        rows, columns = camera.size_hw
        # The middle of the pixel that the product's middle is seen at.
        row, column = round(rows * (0.5 + stand.off_yx[0])), round(columns * (0.5 + stand.off_yx[1]))
        toward = camera.rays()[row, column].astype(np.float64)
        extent = max(2 * radius, height * math.cos(math.radians(stand.pitch_deg)) + 2 * radius * toward[1] ** 2)
        distance = camera.focal_px * extent / (_FILLS * min(camera.size_hw)) + 0.5 * radius
        middle = np.array([0.0, height / 2, 0.0])
        # A camera is above the ground.
        return cls(camera, np.maximum(middle - distance * toward, (-np.inf, 0.01, -np.inf)))

    def seen(self, good: Good, light: Light) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Linear light of the product, (H, W, 3), weighted by its (H, W) coverage."""
        height, width = self.camera.size_hw
        rays = self.camera.rays((_FINE * height, _FINE * width)).reshape(-1, 3).astype(np.float64)
        near = self._near(good, rays)
        hits = good.solid.hits(self.eye[None], rays[near])
        met = hits.met
        toward = light_directions(light, _LAMP_RAYS).mean(axis=0)
        lit = _AMBIENT + (1 - _AMBIENT) * np.maximum(hits.normal @ (toward / np.linalg.norm(toward)), 0)
        rows = ((1 - hits.up) * (good.paint.shape[0] - 1)).astype(int)
        columns = (hits.across % 1 * good.paint.shape[1]).astype(int)
        colour = np.zeros((len(rays), 4), np.float32)
        colour[np.flatnonzero(near)[met], :3] = (good.paint[rows, columns] * lit[:, None])[met]
        colour[np.flatnonzero(near)[met], 3] = 1
        mean = cv2.resize(
            colour.reshape(_FINE * height, _FINE * width, 4), (width, height), interpolation=cv2.INTER_AREA
        )
        return np.ascontiguousarray(mean[..., :3]), np.ascontiguousarray(mean[..., 3])

    def _near(self, good: Good, rays: Points) -> NDArray[np.bool_]:
        """Which rays meet the ball about the product."""
        radius, height = good.solid.extent
        middle = np.array([0.0, height / 2, 0.0]) - self.eye
        along = rays @ middle
        return np.asarray(middle @ middle - along**2 <= radius**2 + height**2 / 4)

    def shadow(self, good: Good, light: Light) -> NDArray[np.float32]:
        """(H, W) share of the lamp that the ground does not see; 0 where there is no ground."""
        height, width = self.camera.size_hw
        rays = self.camera.rays((height // _SHADOW_PX, width // _SHADOW_PX)).astype(np.float64)
        below = rays[..., 1] < -1e-3
        points = self.eye + (self.eye[1] / -rays[below][:, 1])[:, None] * rays[below]
        reach = 4 * max(good.solid.extent)
        close = np.hypot(points[:, 0], points[:, 2]) < reach
        hidden = np.zeros(len(points))
        for direction in light_directions(light, _LAMP_RAYS):
            hidden[close] += good.solid.hits(points[close], np.broadcast_to(direction, points[close].shape)).met
        shares = np.zeros(below.shape, np.float32)
        shares[below] = hidden / _LAMP_RAYS
        return np.asarray(cv2.resize(shares, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
