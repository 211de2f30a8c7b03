"""Sets to photograph: random scenes over all materials, colours, environments and lamps that plates can draw."""

import colorsys
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np

from services.common.pose import Pose
from services.generate.scene import Scene
from training.vocabulary import ENVIRONMENTS

Choice = TypeVar("Choice")

#: Kinds of set and how often each is drawn; most samples go where perspective, materials and surroundings meet.
_KINDS: Final = {
    "table": 0.46, "corner": 0.13, "surface": 0.13, "sweep": 0.11, "podium": 0.05, "wall": 0.05, "window": 0.04,
    "packshot": 0.03,
}  # fmt: skip


class _Material(NamedTuple):
    """A texture; gloss and roughness, from and to; a tint's hue, its spread, most saturation and middle value."""

    texture: str
    gloss: tuple[float, float]
    roughness: tuple[float, float]
    tint: tuple[float, float, float, float]


_MATERIALS: Final = {
    "oak": _Material("oak", (0.02, 0.05), (0.3, 0.7), (0.09, 0.0, 0.25, 0.75)),
    "walnut": _Material("walnut", (0.02, 0.05), (0.2, 0.8), (0.08, 0.0, 0.15, 0.9)),
    "marble": _Material("marble", (0.04, 0.06), (0.1, 0.25), (0.1, 0.0, 0.1, 0.9)),
    "dark marble": _Material("marble", (0.05, 0.06), (0.1, 0.2), (0.6, 0.0, 0.12, 0.25)),
    "stone": _Material("stone", (0.02, 0.04), (0.4, 0.6), (0.09, 0.0, 0.12, 0.9)),
    "concrete": _Material("concrete", (0.02, 0.04), (0.5, 0.6), (0.1, 0.0, 0.06, 0.82)),
    "linen": _Material("linen", (0.01, 0.01), (0.9, 0.9), (0.1, 0.0, 0.35, 0.7)),
    "plaster": _Material("plaster", (0.02, 0.02), (0.9, 0.9), (0.1, 0.0, 0.25, 0.75)),
    "paint": _Material("paint", (0.02, 0.02), (0.9, 0.9), (0.5, 0.5, 0.4, 0.6)),
}
_TABLES: Final = ("oak", "walnut", "marble", "dark marble", "stone", "concrete", "linen", "oak", "walnut", "stone")
_GROUNDS: Final = tuple(_MATERIALS)
_WALLS: Final = ("concrete", "plaster", "paint", "paint", "oak", "stone", "linen")
_WOODS: Final = ("oak", "walnut")
#: Exposure of a panorama behind a table: outdoor ones are darker than what they light.
_GAIN: Final = (0.6, 2.0)


@dataclass(frozen=True)
class PhotoSet:
    """A scene and how it is seen.

    Args:
        scene: What plates draw.
        pose: How a product is placed there.
        pitch_deg: Of the camera.
        fov_deg: Opening angle from top to bottom.
        surface, behind, environment, pattern: See `training.captions.Labels`.
    """

    scene: Scene
    pose: Pose
    pitch_deg: float
    fov_deg: float
    surface: str
    behind: str = ""
    environment: str = ""
    pattern: str = ""


class SetBuilder:
    """Builds one set.

    Args:
        rng: Decides everything.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def build(self) -> PhotoSet:
        """Any set."""
        kind = str(self._rng.choice(list(_KINDS), p=list(_KINDS.values())))
        builders = {
            "table": self._table, "corner": self._corner, "surface": self._surface, "sweep": self._sweep,
            "podium": self._podium, "wall": self._wall, "window": self._window, "packshot": self._packshot,
        }  # fmt: skip
        return builders[kind]()

    def _table(self) -> PhotoSet:
        surface = self._choice(_TABLES)
        environment = self._choice(tuple(ENVIRONMENTS))
        dapple = self._between(0.4, 0.7) if environment in {"forest", "park"} and self._rng.random() < 0.5 else 0.0
        behind_m = self._between(0.26, 0.55)
        edge: dict[str, Any] = {"shape": "straight", "behind_m": behind_m, "retreat": 0.02, "spread_deg": 5}
        if surface in {"marble", "stone"} and self._rng.random() < 0.4:
            shape = "round" if surface == "marble" else "broken"
            edge |= {"shape": shape, "radius_m": max(0.3, behind_m + 0.15), "rim_m": 0.012}
        backdrop = {
            "kind": "table", "cover": self._cover(surface), "edge": edge, "dapple": dapple,
            "environment": {
                "name": environment, "yaw_deg": self._between(0, 359.9), "breadth": self._between(1.4, 3.0),
                "gain": self._between(*_GAIN), "neutral": self._between(0.5, 0.95), "distance_m": self._between(2, 10),
                "min_key": self._between(0.4, 0.62),
            },
        }  # fmt: skip
        scene = self._scene(backdrop, aperture=self._between(0.004, 0.036), exposure=self._between(0.85, 1.5))
        pattern = "leaves" if dapple else ""
        return PhotoSet(
            scene, Pose.STANDING, self._between(3, 34), self._fov(), surface, "", environment, pattern
        )  # fmt: skip

    def _corner(self) -> PhotoSet:
        surface, wall = self._choice(_GROUNDS), self._choice(_WALLS)
        backdrop = {
            "kind": "corner", "cover": self._cover(surface), "wall": self._cover(wall), "light": self._lamp(),
            "wall_m": self._between(0.16, 0.6),
        }  # fmt: skip
        scene = self._scene(backdrop, aperture=self._between(0.006, 0.016))
        return PhotoSet(scene, Pose.STANDING, self._between(3, 26), self._fov(), surface, wall)

    def _surface(self) -> PhotoSet:
        surface = self._choice(_GROUNDS)
        backdrop = {"kind": "surface", "cover": self._cover(surface), "light": self._lamp()}
        scene = self._scene(backdrop, aperture=0.004)
        pitch = 90.0 if self._rng.random() < 0.7 else self._between(55, 90)
        return PhotoSet(scene, Pose.LYING, pitch, self._fov(), surface)

    def _sweep(self) -> PhotoSet:
        backdrop = {
            "kind": "sweep", "colour": self._paper(), "light": self._lamp(), "floor_m": self._between(0.35, 0.6),
            "curve_m": self._between(0.4, 0.8),
        }  # fmt: skip
        scene = self._scene(backdrop, aperture=0.006)
        return PhotoSet(scene, Pose.STANDING, self._between(2, 24), self._fov(), "paper")

    def _podium(self) -> PhotoSet:
        colour = self._paper()
        plinth = colour if self._rng.random() < 0.5 else self._paper()
        backdrop = {
            "kind": "podium", "colour": colour, "plinth": plinth, "light": self._lamp(),
            "radius_m": self._between(0.2, 0.28), "height_m": self._between(0.2, 0.45),
        }  # fmt: skip
        scene = self._scene(backdrop, aperture=0.012)
        return PhotoSet(scene, Pose.STANDING, self._between(2, 20), self._fov(), "plinth", "paper")

    def _wall(self) -> PhotoSet:
        surface = self._choice(_WALLS)
        panes = {"columns": 2, "rows": 3, "leaves": self._choice((0.0, 0.8))} if self._rng.random() < 0.4 else None
        backdrop = {"kind": "wall", "cover": self._cover(surface), "light": self._lamp(), "panes": panes}
        scene = self._scene(backdrop, aperture=0.004)
        return PhotoSet(scene, Pose.HANGING, 0.0, self._fov(), surface, pattern="panes" if panes else "")

    def _window(self) -> PhotoSet:
        surface = self._choice(("plaster", "paint", "concrete", "linen"))
        side = self._choice((-1.0, 1.0))
        lamp = self._lamp() | {"azimuth_deg": side * self._between(110, 140), "elevation_deg": self._between(25, 40)}
        backdrop = {
            "kind": "window", "cover": self._cover(surface), "light": lamp, "wall_m": self._between(0.3, 0.5),
            "leaves": self._between(0, 0.9),
        }  # fmt: skip
        scene = self._scene(backdrop, aperture=0.01)
        return PhotoSet(scene, Pose.STANDING, self._between(4, 20), self._fov(), surface, surface, pattern="panes")

    def _packshot(self) -> PhotoSet:
        scene = self._scene({"kind": "packshot", "light": self._lamp()}, aperture=0.0, grain=0.0)
        return PhotoSet(scene, Pose.STANDING, self._between(2, 20), self._fov(), "white")

    def _scene(
        self, backdrop: dict[str, Any], aperture: float, exposure: float | None = None, grain: float = 0.6
    ) -> Scene:
        exposure = self._between(0.8, 1.35) if exposure is None else exposure
        return Scene.model_validate(
            {
                "id": "set", "title": "", "description": "", "place": "STUDIO", "poses": ["STANDING"],
                "pitch": {"min": 0, "max": 90, "default": 0}, "layout": {"padding": 0.1}, "backdrop": backdrop,
                "optics": {"aperture": aperture, "exposure": exposure, "grain": grain},
            }
        )  # fmt: skip

    def _cover(self, surface: str) -> dict[str, Any]:
        material = _MATERIALS[surface]
        turns = (0, 180) if surface in _WOODS and self._rng.random() < 0.8 else (0, 45, 90, 135, 180, 270)
        return {
            "material": material.texture, "gloss": self._between(*material.gloss),
            "roughness": self._between(*material.roughness), "turns_deg": turns, "play_deg": 10,
            "tint": self._tint(*material.tint),
        }  # fmt: skip

    def _tint(self, hue: float, hue_spread: float, saturation: float, value: float) -> str:
        turn = hue + self._between(-0.03, 0.03) + self._between(-1, 1) * hue_spread
        return _hex(turn % 1, self._between(0, saturation), min(1.0, value * self._between(0.85, 1.2)))

    def _paper(self) -> str:
        """Any colour that paper is sold in: pale, muted or greys."""
        if self._rng.random() < 0.3:
            return _hex(0.1, 0.04, self._between(0.2, 0.95))
        return _hex(self._between(0, 1), self._between(0.05, 0.55), self._between(0.45, 0.95))

    def _lamp(self) -> dict[str, Any]:
        warm = self._between(-1, 1)
        key = _hex(0.1, 0.16 * warm, 1.0) if warm > 0 else _hex(0.6, 0.08 * -warm, 1.0)
        return {
            "azimuth_deg": self._choice((-1.0, 1.0)) * self._between(35, 145), "elevation_deg": self._between(28, 60),
            "radius_deg": self._choice((2.0, 5.0, 10.0, 16.0, 22.0)), "distance_m": self._between(1.5, 4),
            "key_share": self._between(0.5, 0.76), "key_colour": key, "ambient_colour": "#f6f8fc",
        }  # fmt: skip

    def _fov(self) -> float:
        return self._between(16, 46)

    def _between(self, low: float, high: float) -> float:
        return float(self._rng.uniform(low, high))

    def _choice(self, among: tuple[Choice, ...]) -> Choice:
        return among[int(self._rng.integers(len(among)))]


def _hex(hue: float, saturation: float, value: float) -> str:
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(hue, saturation, value))
    return f"#{red:02x}{green:02x}{blue:02x}"
