"""A material as tileable maps with mip levels, looked up in metres."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.generate.plates.noise import Field

#: Steepest slope that is stored; plaster and stone stay well below.
MAX_SLOPE: Final = 1.5
SMALLEST_LEVEL_PX: Final = 16
#: Largest factor of the fine detail on the albedo.
FINE_SCALE: Final = 2.0
#: Of a texture on disk: the names of its maps, and the file of its lengths.
_MAPS: Final = ("albedo", "detail", "fine")
_LENGTHS: Final = "lengths.json"


@dataclass(frozen=True)
class MaterialMaps:
    """What a material's recipe makes.

    Args:
        albedo: (S, S, 3) float32 linear RGB in [0, 1].
        height_m: (S, S) float32, metres.
        gloss: (S, S) float32 in [0, 1], share of the mirror image that the place shows.
        fine: (F, F) float32, deviation of the albedo's logarithm that is too fine for the maps above; repeats sooner,
            which nobody sees because it has no features of its own.
        tile_m: Side of the square in metres.
        fine_tile_m: Side of `fine` in metres.
    """

    albedo: NDArray[np.float32]
    height_m: Field
    gloss: Field
    fine: Field
    tile_m: float
    fine_tile_m: float


@dataclass(frozen=True)
class Footprints:
    """Where picture pixels fall on a texture, and how large they are there, row by row.

    Args:
        u_m, v_m: (H, W) float32, metres.
        size_m: (H,) float32, side of one pixel's patch.
    """

    u_m: NDArray[np.float32]
    v_m: NDArray[np.float32]
    size_m: NDArray[np.float32]


@dataclass(frozen=True)
class Texture:
    """Mip levels of a material's maps, the finest first. Uint16 halves the memory of float32 and shows no steps.

    Args:
        tile_m, fine_tile_m: As in `MaterialMaps`.
        albedo: (S, S, 3) and its halvings.
        detail: (S, S, 3) likewise: slopes along u and v, and gloss.
        fine: (F, F) likewise, a factor on the albedo.
    """

    tile_m: float
    fine_tile_m: float
    albedo: list[NDArray[np.uint16]]
    detail: list[NDArray[np.uint16]]
    fine: list[NDArray[np.uint16]]

    @classmethod
    def of(cls, maps: MaterialMaps) -> Self:
        """Made from maps.

        Args:
            maps: All must be square, of one size, a power of two.

        Raises:
            ValueError: They are not.
        """
        size = maps.albedo.shape[0]
        if size & (size - 1) or not maps.albedo.shape[:2] == maps.height_m.shape == maps.gloss.shape == (size, size):
            raise ValueError(
                "a texture needs square maps of one size, a power of two; got "
                f"{maps.albedo.shape}, {maps.height_m.shape}, {maps.gloss.shape}"
            )
        return cls(
            maps.tile_m,
            maps.fine_tile_m,
            _levels(np.clip(maps.albedo, 0, 1)),
            _levels(_encode_detail(maps, maps.tile_m / size)),
            _levels(np.clip(np.exp(maps.fine) / FINE_SCALE, 0, 1).astype(np.float32)),
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What `save` left, mapped into memory as it is looked at.

        Raises:
            OSError: It can't be read.
            ValueError, KeyError: It is something else.
        """
        lengths = json.loads((folder / _LENGTHS).read_text("utf-8"))
        levels = [
            [np.asarray(np.load(folder / f"{name}-{k}.npy", mmap_mode="r"), np.uint16) for k in range(lengths[name])]
            for name in _MAPS
        ]
        return cls(float(lengths["tile_m"]), float(lengths["fine_tile_m"]), *levels)

    def save(self, folder: Path) -> None:
        """Write it into a folder, which is made.

        Raises:
            OSError: It can't be written.
        """
        folder.mkdir()
        lengths: dict[str, float] = {"tile_m": self.tile_m, "fine_tile_m": self.fine_tile_m}
        for name in _MAPS:
            levels = getattr(self, name)
            lengths[name] = len(levels)
            for k, level in enumerate(levels):
                np.save(folder / f"{name}-{k}.npy", level, allow_pickle=False)
        (folder / _LENGTHS).write_text(json.dumps(lengths), "utf-8")

    def sample(self, at: Footprints) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Look the material up, each row filtered to its own patch size (trilinear).

        Returns:
            (H, W, 3) float32 linear albedo, and (H, W, 3) float32 of slope along u, slope along v, gloss.
        """
        albedo, detail = _filtered([self.albedo, self.detail], self.tile_m, at)
        detail[..., :2] = (detail[..., :2] - 0.5) * (2 * MAX_SLOPE)
        (fine,) = _filtered([self.fine], self.fine_tile_m, at)
        albedo *= fine * np.float32(FINE_SCALE)
        return albedo, detail


def _filtered(stacks: list[list[NDArray[np.uint16]]], tile_m: float, at: Footprints) -> list[NDArray[np.float32]]:
    """Mip maps of one size, looked up between the two levels that fit each row; (H, W, C) float32 in [0, 1] each."""
    first = stacks[0]
    level = np.log2(np.maximum(at.size_m * first[0].shape[0] / tile_m, 1.0))
    level = np.minimum(level, len(first) - 1.001).astype(np.float32)
    results = [
        np.zeros((*at.u_m.shape, stack[0].shape[2] if stack[0].ndim == 3 else 1), np.float32) for stack in stacks
    ]
    for index in range(int(level.min()), int(level.max()) + 2):
        weight = np.clip(1 - np.abs(level - index), 0, 1)
        used = np.flatnonzero(weight > 0)
        if used.size == 0 or index >= len(first):
            continue
        rows = slice(int(used[0]), int(used[-1]) + 1)
        u_px, v_px = (_wrapped(place[rows], tile_m, first[index].shape[0]) for place in (at.u_m, at.v_m))
        share = (weight[rows] / 65535)[:, None, None].astype(np.float32)
        for stack, result in zip(stacks, results, strict=True):
            seen = cv2.remap(stack[index], u_px, v_px, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
            result[rows] += seen.reshape(*seen.shape[:2], -1) * share
    return results


def _encode_detail(maps: MaterialMaps, texel_m: float) -> NDArray[np.float32]:
    slope_u = (np.roll(maps.height_m, -1, 1) - np.roll(maps.height_m, 1, 1)) / (2 * texel_m)
    slope_v = (np.roll(maps.height_m, -1, 0) - np.roll(maps.height_m, 1, 0)) / (2 * texel_m)
    slopes = np.stack([slope_u, slope_v], -1).clip(-MAX_SLOPE, MAX_SLOPE) / (2 * MAX_SLOPE) + 0.5
    return np.concatenate([slopes, maps.gloss[..., None].clip(0, 1)], -1).astype(np.float32)


def _levels(image: NDArray[np.float32]) -> list[NDArray[np.uint16]]:
    """The image in [0, 1] and its halvings. A 2 x 2 mean of a tile whose side is even stays seamless."""
    levels = []
    while True:
        levels.append(np.round(image * 65535).astype(np.uint16))
        size = image.shape[0] // 2
        if size < SMALLEST_LEVEL_PX:
            return levels
        image = np.asarray(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA), np.float32)


def _wrapped(place_m: NDArray[np.float32], tile_m: float, size_px: int) -> NDArray[np.float32]:
    """Pixels of a tile that stands side by side with itself. `remap` could wrap them, four times as slowly."""
    place_px = place_m * np.float32(size_px / tile_m) - np.float32(0.5)
    place_px -= size_px * np.floor(place_px * np.float32(1 / size_px))
    return place_px
