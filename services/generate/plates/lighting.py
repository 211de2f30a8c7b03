"""How a scene's light falls on planes: direction, falloff, wrap."""

import math

import numpy as np
from numpy.typing import NDArray

from services.common.light import Light
from services.generate.plates.view import View

Vector = NDArray[np.float32]


class Lamp:
    """The key light at a finite distance, so that what is nearer to it is brighter.

    Args:
        light: Its direction is that from the product's foot.
        view: Gives the foot's place.
        distance_m: From foot to lamp; the sun's would be so far that nothing falls off.
    """

    def __init__(self, light: Light, view: View, distance_m: float) -> None:
        self.light = light
        self.distance_m = distance_m
        self.foot = np.array([view.foot_x_m, 0, view.foot_z_m], np.float32)
        self.direction = direction_of(light)
        self.place = self.foot + self.direction * np.float32(distance_m)
        self._level = (0.0, 1.0, 0.0)
        #: A sized light still reaches places that its middle doesn't.
        self.wrap = math.sin(math.radians(light.radius_deg)) * 0.8

    def stand_at(self, foot: Vector, *, upright: bool) -> None:
        """Light another place: (3,) metres; `upright` = its strength is 1 on a wall there that faces the camera."""
        self.foot = foot
        self.place = foot + self.direction * np.float32(self.distance_m)
        self._level = (0.0, 0.0, -1.0) if upright else (0.0, 1.0, 0.0)

    def irradiance(self, points: NDArray[np.float32], normals: NDArray[np.float32]) -> NDArray[np.float32]:
        """Strength of the key, 1 at the foot on level ground (on the wall there, for an upright set).

        Args:
            points: (..., 3) places in metres.
            normals: (..., 3) unit normals there.

        Returns:
            (...) float32.
        """
        towards = self.place - points
        distance = np.linalg.norm(towards, axis=-1)
        cosine = (towards * normals).sum(-1) / distance
        facing = np.maximum(cosine + self.wrap, 0) / (1 + self.wrap)
        level = (float(self.direction @ np.array(self._level, np.float32)) + self.wrap) / (1 + self.wrap)
        return np.asarray(np.clip(facing / level * (self.distance_m / distance) ** 2, 0, 4), np.float32)


def direction_of(light: Light) -> Vector:
    """(3,) unit vector from the foot to the key."""
    turn, rise = math.radians(light.azimuth_deg), math.radians(light.elevation_deg)
    return np.array([math.sin(turn) * math.cos(rise), math.sin(rise), math.cos(turn) * math.cos(rise)], np.float32)
