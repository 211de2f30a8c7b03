"""A photographed panorama: what stands behind the product, lights it and is mirrored under it."""

from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
import OpenEXR  # type: ignore[import-not-found] # an extension module without stubs
from numpy.typing import NDArray

from services.common.errors import ModelUnavailable
from services.common.srgb import LUMINANCE

#: Of blurred copies that are kept ready for mirrors; one step is a factor of two in width.
GLOSS_STEPS_DEG: Final = (1.5, 3.0, 6.0, 12.0, 24.0)


class Environment:
    """Radiance from everywhere, scaled so that a white card lying on the ground has radiance 1.

    Args:
        radiance: (H, 2H, 3) float32 linear RGB, equirectangular; the first row looks straight up, columns run to the
            right as the viewer turns right.

    Raises:
        ValueError: The array is no such panorama, or it is black.
    """

    def __init__(self, radiance: NDArray[np.float32]) -> None:
        if radiance.ndim != 3 or radiance.shape[2] != 3 or radiance.shape[1] != 2 * radiance.shape[0]:
            raise ValueError(f"a panorama is twice as wide as high, with 3 channels; got {radiance.shape}")
        radiance = np.nan_to_num(np.maximum(radiance, 0), posinf=65504.0).astype(np.float32)
        white = float(self._irradiance(radiance) @ LUMINANCE) / np.pi
        if white <= 0:
            raise ValueError("the panorama is black above the horizon; it lights nothing")
        self.radiance = radiance / white
        self._glossy: dict[float, NDArray[np.float32]] = {}

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read an OpenEXR file.

        Raises:
            ModelUnavailable: The file can't be read, or holds no panorama.
        """
        try:
            with OpenEXR.File(str(path)) as file:
                channels = file.channels()
                name = next((name for name in ("RGB", "RGBA") if name in channels), None)
                if name:
                    pixels = channels[name].pixels[..., :3]
                else:
                    pixels = np.stack([channels[letter].pixels for letter in "RGB"], -1)
            return cls(pixels.astype(np.float32))
        except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
            # OpenEXR's binding raises any of the first three and KeyError comes from missing channels.
            raise ModelUnavailable(
                f"the environment {path.name!r} can't be read; wanted is an equirectangular OpenEXR panorama in RGB"
            ) from error

    @property
    def irradiance(self) -> NDArray[np.float32]:
        """(3,) linear RGB irradiance on the ground over pi: the colour that a white card lying there has."""
        return self._irradiance(self.radiance) / np.float32(np.pi)

    def look(self, rays: NDArray[np.float32], yaw_deg: float) -> NDArray[np.float32]:
        """Radiance along view directions, bicubic.

        Args:
            rays: (H, W, 3) unit vectors, X right, Y up, Z ahead.
            yaw_deg: The panorama's azimuth that lies ahead; 180 = its middle column.

        Returns:
            (H, W, 3) float32 linear RGB.
        """
        return _look_up(self.radiance, rays, yaw_deg, cv2.INTER_CUBIC)

    def mirror(self, rays: NDArray[np.float32], yaw_deg: float, blur_deg: float) -> NDArray[np.float32]:
        """Radiance that a level surface mirrors to the camera.

        Args:
            rays: (H, W, 3) unit view directions; those that look up are taken as level.
            yaw_deg: As in `look`.
            blur_deg: Standard deviation of the surface's gloss lobe; the nearest prepared copy serves.

        Returns:
            (H, W, 3) float32 linear RGB.
        """
        step = min(GLOSS_STEPS_DEG, key=lambda ready: abs(np.log(ready / max(blur_deg, 0.1))))
        if step not in self._glossy:
            self._glossy[step] = _blurred(self.radiance, step)
        up = rays * np.array([1, -1, 1], np.float32)
        up[..., 1] = np.maximum(up[..., 1], 0)
        return _look_up(self._glossy[step], up, yaw_deg, cv2.INTER_LINEAR)

    def directions(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Azimuth (W,) and elevation (H,) of the pixels in degrees, and their solid angles (H, 1) in steradians."""
        height, width = self.radiance.shape[:2]
        azimuth = (np.arange(width, dtype=np.float32) + 0.5) * (360 / width)
        elevation = 90 - (np.arange(height, dtype=np.float32) + 0.5) * (180 / height)
        return azimuth, elevation, _solid_angles(height, width)

    @staticmethod
    def _irradiance(radiance: NDArray[np.float32]) -> NDArray[np.float32]:
        height, width = radiance.shape[:2]
        elevation = np.pi / 2 - (np.arange(height) + 0.5) * np.pi / height
        weight = np.maximum(np.sin(elevation), 0)[:, None] * _solid_angles(height, width)
        return np.asarray((radiance * weight[..., None]).sum((0, 1)), np.float32)


def _solid_angles(height: int, width: int) -> NDArray[np.float32]:
    edges = np.sin(np.pi / 2 - np.arange(height + 1) * np.pi / height)
    return np.asarray((edges[:-1] - edges[1:])[:, None] * (2 * np.pi / width), np.float32)


def _look_up(
    panorama: NDArray[np.float32], rays: NDArray[np.float32], yaw_deg: float, interpolation: int
) -> NDArray[np.float32]:
    height, width = panorama.shape[:2]
    azimuth = np.arctan2(rays[..., 0], rays[..., 2]) + np.float32(np.radians(yaw_deg))
    column = np.mod(azimuth * (width / (2 * np.pi)), width) - 0.5
    row = (np.pi / 2 - np.arcsin(np.clip(rays[..., 1], -1, 1))) * (height / np.pi) - 0.5
    margin = 4  # columns wrap around, rows don't: remap knows only one border for both
    padded = np.pad(panorama, ((0, 0), (margin, margin), (0, 0)), mode="wrap")
    seen = cv2.remap(
        padded,
        (column + margin).astype(np.float32),
        row.astype(np.float32),
        interpolation,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(np.maximum(seen, 0), np.float32)  # bicubic undershoots beside bright lights


def _blurred(panorama: NDArray[np.float32], sigma_deg: float) -> NDArray[np.float32]:
    """Blurred by the same angle everywhere, near enough: rows towards the poles are blurred wider along themselves."""
    height, width = panorama.shape[:2]
    if sigma_deg >= 6:
        height, width = height // 4, width // 4
        panorama = np.asarray(cv2.resize(panorama, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    sigma_px = sigma_deg * height / 180
    tall = np.asarray(cv2.GaussianBlur(panorama, (1, 2 * round(3 * sigma_px) + 1), 0.01, sigmaY=sigma_px), np.float32)
    frequency = np.fft.rfftfreq(width, 1 / width).astype(np.float32)
    elevation = np.pi / 2 - (np.arange(height) + 0.5) * np.pi / height
    sigma_turns = (sigma_deg / 360) / np.maximum(np.cos(elevation), 0.05)
    response = np.exp(-2 * (np.pi * frequency[None, :] * sigma_turns[:, None]) ** 2)
    spectrum = np.fft.rfft(tall, axis=1) * response[..., None]
    return np.maximum(np.fft.irfft(spectrum, n=width, axis=1), 0).astype(np.float32)
