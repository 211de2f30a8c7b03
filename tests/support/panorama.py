"""Synthetic panoramas, so that no test reads a photographed one."""

from pathlib import Path

import numpy as np
import OpenEXR
from numpy.typing import NDArray


def room_with_window(azimuth_deg: float, elevation_deg: float, height: int = 64) -> NDArray[np.float32]:
    """A grey room, darker floor, with one bright window 20 degrees wide; azimuth 180 is the middle column."""
    width = 2 * height
    elevation = 90 - (np.arange(height) + 0.5) * 180 / height
    azimuth = (np.arange(width) + 0.5) * 360 / width
    radiance = np.full((height, width, 3), 0.3, np.float32)
    radiance[elevation < 0] = 0.1
    aside = np.abs((azimuth - azimuth_deg + 180) % 360 - 180)
    radiance[(np.abs(elevation - elevation_deg) < 10)[:, None] & (aside < 10)[None, :]] = (40, 36, 30)
    return radiance


def write_exr(path: Path, radiance: NDArray[np.float32]) -> Path:
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with OpenEXR.File(header, {"RGB": radiance.astype(np.float16)}) as file:
        file.write(str(path))
    return path
