"""The key light that an environment holds: its brightest region, as direction, size and share."""

import math
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.light import RGB, Light
from services.common.srgb import LUMINANCE
from services.generate.environment import Environment

#: A lower key would cast shadows across the whole picture; photographers flag such light off or lift it.
MIN_ELEVATION_DEG: Final = 20.0
#: A light belongs to the key when it stands within this angle of the brightest spot.
REACH_DEG: Final = 35.0
#: How far the colours of key and ambient are brought together, as a gel on a lamp or a bounce card does.
MIXING: Final = 0.55


def find_light(environment: Environment, yaw_deg: float, neutral: float, min_key: float = 0.25) -> Light:
    """The brightest region as key, all the rest as ambient.

    Args:
        environment: Its radiance; the ground's luminance is 1 there by construction.
        yaw_deg: The panorama's azimuth that lies ahead of the camera.
        neutral: Share of the light's colour cast that white balance takes away, 0 to 1.

    Returns:
        A light whose key and ambient add up to a luminance of 1.
    """
    azimuth, elevation, solid = environment.directions()
    luminance = environment.radiance @ LUMINANCE
    up = np.sin(np.radians(np.maximum(elevation, 0)))[:, None]
    # What counts is what falls on product and ground, so a low sun still wins over a wide pale sky: half cosine.
    power = luminance * solid * (0.35 * (elevation > 0)[:, None] + up)
    spot = _peak(power, environment.radiance.shape[0])
    away = _angle_from(azimuth, elevation, spot)
    bright = luminance > 0.5 * np.percentile(luminance[away < 8], 90)
    key_mask = bright & (away < REACH_DEG) & (elevation > -2)[:, None]
    weight = np.where(key_mask, power, 0)
    direction = _mean_direction(azimuth, elevation, weight)
    mean_azimuth, mean_elevation = _angles(direction)
    spread = math.sqrt(
        float((weight * _angle_from(azimuth, elevation, (mean_azimuth, mean_elevation)) ** 2).sum() / weight.sum())
    )
    share = np.where(key_mask, solid * up, 0)[..., None]
    key = (environment.radiance * share).sum((0, 1)) / np.pi
    ambient = np.maximum(environment.irradiance - key, 0.02)
    light = Light(
        azimuth_deg=(mean_azimuth - yaw_deg + 180) % 360 - 180,
        elevation_deg=min(90.0, max(MIN_ELEVATION_DEG, mean_elevation)),
        radius_deg=min(40.0, max(0.5, 1.25 * spread)),
        key=_rgb(key),
        ambient=_rgb(ambient),
    )
    return balanced(light, neutral, min_key)


def balanced(light: Light, neutral: float, min_key: float = 0.25) -> Light:
    """The light after exposure and white balance.

    Args:
        light: Any positive key and ambient.
        neutral: Share of the sum's colour cast to take away.
        min_key: Least share of the luminance that the key keeps; an overcast sky has none of its own.
    """
    key, ambient = np.array(light.key, np.float32), np.array(light.ambient, np.float32)
    total = key + ambient
    gain = cast_gain(total, neutral) / float(total * cast_gain(total, neutral) @ LUMINANCE)
    key, ambient = key * gain, ambient * gain
    # A film of two strongly different colours looks like a mistake: both go part of the way to their sum.
    whole = key + ambient
    key, ambient = (part + MIXING * (whole * (part @ LUMINANCE) - part) for part in (key, ambient))
    share = min(0.8, max(min_key, float(key @ LUMINANCE)))
    key = key * (share / max(float(key @ LUMINANCE), 1e-6))
    ambient = ambient * ((1 - share) / max(float(ambient @ LUMINANCE), 1e-6))
    return replace(light, key=_rgb(key), ambient=_rgb(ambient))


def cast_gain(white: NDArray[np.float32], neutral: float) -> NDArray[np.float32]:
    """Channel gains that take the share `neutral` of the colour cast of `white` (3,) away, keeping its luminance."""
    gain = (float(white @ LUMINANCE) / np.maximum(white, 1e-4)) ** neutral
    return np.asarray(gain * (float(white @ LUMINANCE) / float((white * gain) @ LUMINANCE)), np.float32)


def _peak(power: NDArray[np.float32], height: int) -> tuple[float, float]:
    """Azimuth and elevation, in degrees, of the strongest spot some 10 degrees wide."""
    sigma_px = 5 * height / 180
    margin = round(4 * sigma_px)
    wrapped = np.pad(power, ((0, 0), (margin, margin)), mode="wrap")
    smooth = cv2.GaussianBlur(wrapped, (0, 0), sigma_px)[:, margin:-margin]
    row, column = np.unravel_index(int(np.argmax(smooth)), smooth.shape)
    return (float(column) + 0.5) * 180 / height, 90 - (float(row) + 0.5) * 180 / height


def _unit(azimuth: NDArray[np.float32], elevation: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W, 3) unit vectors of a panorama's pixels."""
    turn, rise = np.radians(azimuth)[None, :], np.radians(elevation)[:, None]
    level = np.cos(rise)
    return np.stack([np.sin(turn) * level, np.sin(rise) + 0 * turn, np.cos(turn) * level], -1).astype(np.float32)


def _angle_from(
    azimuth: NDArray[np.float32], elevation: NDArray[np.float32], spot: tuple[float, float]
) -> NDArray[np.float32]:
    centre = _unit(np.array([spot[0]], np.float32), np.array([spot[1]], np.float32))[0, 0]
    cosine = np.clip(_unit(azimuth, elevation) @ centre, -1, 1)
    return np.asarray(np.degrees(np.arccos(cosine)), np.float32)


def _mean_direction(
    azimuth: NDArray[np.float32], elevation: NDArray[np.float32], weight: NDArray[np.float32]
) -> NDArray[np.float32]:
    return np.asarray((_unit(azimuth, elevation) * weight[..., None]).sum((0, 1)), np.float32)


def _angles(direction: NDArray[np.float32]) -> tuple[float, float]:
    x, y, z = (float(part) for part in direction)
    return math.degrees(math.atan2(x, z)), math.degrees(math.atan2(y, math.hypot(x, z)))


def _rgb(colour: NDArray[np.float32]) -> RGB:
    red, green, blue = (float(part) for part in colour)
    return red, green, blue
