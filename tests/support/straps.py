"""Photos of straps, rings and soft shapes whose coverage is known exactly, for tests of matting."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.srgb import to_bytes, to_linear

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """A band around a centre line.

    Args:
        distance: (H, W) signed distance to the centre line in pixels.
        normal: (H, W, 2) unit gradient of the distance, x first.
        width: Of the band, in pixels.
    """

    distance: Floats
    normal: Floats
    width: float

    @classmethod
    def wave(cls, size_hw: tuple[int, int], width: float, angle_deg: float = 20, bend: float = 0.0) -> Self:
        """A strap across the picture; `bend` is its curvature in 1 / pixels, 0 for a straight one."""
        y, x = (axis - side / 2 for axis, side in zip(np.mgrid[: size_hw[0], : size_hw[1]] + 0.5, size_hw, strict=True))
        across = np.array([np.cos(np.deg2rad(angle_deg)), np.sin(np.deg2rad(angle_deg))])
        if bend == 0:
            distance = x * across[0] + y * across[1]
            return cls(distance, np.broadcast_to(across, (*size_hw, 2)), width)
        dx, dy = x - across[0] / bend, y - across[1] / bend
        length = np.hypot(dx, dy)
        return cls(length - 1 / bend, np.stack([dx, dy], -1) / length[..., None], width)

    @property
    def coverage(self) -> Floats:
        """(H, W) share of each pixel's square within the band; exact for straight edges."""
        half = self.width / 2
        return _below(half - self.distance, self.normal) - _below(-half - self.distance, self.normal)

    def width_of(self, coverage: Floats, reach: float = 12) -> float:
        """Mean integral of another coverage along the normals, in pixels; away from the picture's border."""
        near = np.abs(self.distance) < self.width / 2 + reach
        height, width = near.shape
        margin = int(self.width / 2 + reach) + 4
        inner = np.zeros_like(near)
        inner[margin : height - margin, margin : width - margin] = True
        # Averaged over narrow classes of distance, each of which covers its own length of the normal.
        step = 0.25
        place = np.floor(self.distance[near & inner] / step).astype(int)
        place -= place.min()
        sums, counts = np.bincount(place, coverage[near & inner]), np.bincount(place)
        seen = np.flatnonzero(counts)
        return float(np.interp(np.arange(len(counts)), seen, sums[seen] / counts[seen]).sum() * step)


def _below(reach: Floats, normal: Floats) -> Floats:
    """Share of a pixel's square on the near side of a straight edge at `reach` pixels from its centre."""
    a, b = np.sort(np.abs(normal), axis=-1).transpose(2, 0, 1)
    a = np.maximum(a, 1e-9)

    def ramp(t: Floats) -> Floats:
        return np.maximum(t, 0) ** 2 / 2

    low, high = (a + b) / 2, (b - a) / 2
    value = ramp(reach + low) - ramp(reach + high) - ramp(reach - high) + ramp(reach - low)
    return np.asarray(np.clip(value / (a * b), 0, 1), np.float64)


def mix(
    coverage: Floats, product: NDArray[np.uint8], backdrop: NDArray[np.uint8], *, encoded: bool = False
) -> NDArray[np.uint8]:
    """A photo of product before backdrop, mixed as light mixes, or (`encoded`) as image editors mix bytes."""
    share = coverage[..., None].astype(np.float32)
    if encoded:
        return np.round(share * product + (1 - share) * backdrop).astype(np.uint8)
    return to_bytes(share * to_linear(product) + (1 - share) * to_linear(backdrop))


def plain(size_hw: tuple[int, int], colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    """(H, W, 3) of one colour."""
    return np.broadcast_to(np.array(colour, np.uint8), (*size_hw, 3)).copy()


def network_mask(coverage: Floats, scale: float = 1.0, sigma: float = 1.2) -> NDArray[np.float32]:
    """What a network that sees everything might say: a blurred mask, coarser than the photo by `scale`."""
    height, width = coverage.shape
    small = (round(width / scale), round(height / scale))
    coarse = cv2.resize(coverage.astype(np.float32), small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(coarse, (0, 0), sigma), np.float32)
