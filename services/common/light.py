"""The light of a scene, as the plate found or made it and as shadows need it."""

from dataclasses import dataclass, replace
from typing import Final

RGB = tuple[float, float, float]

#: A lamp for a wall stands at least this far round on the camera's side: a light that grazes the wall would draw the
#: shadow of what hangs there out of the picture.
_LEAST_BEFORE_WALL_DEG: Final = 120.0


@dataclass(frozen=True)
class Light:
    """One key light of some size, and everything else as ambient.

    Directions are those of the camera: azimuth 0 = behind the product (back light), 90 = from the right,
    180 = from behind the camera, -90 = from the left.

    Args:
        azimuth_deg: Where the key stands, -180 to 180.
        elevation_deg: How high, 5 to 90 (90 = overhead).
        radius_deg: Angular radius of the key; larger = softer shadows. 0.3 is the sun, 25 a big window.
        key: Linear RGB irradiance of the key on the ground, with `ambient` adding up to about 1 in luminance.
        ambient: Linear RGB irradiance of the rest on the ground.
    """

    azimuth_deg: float
    elevation_deg: float
    radius_deg: float
    key: RGB
    ambient: RGB

    def before_the_wall(self) -> "Light":
        """The same light on the camera's side of a wall behind the product; one from behind is mirrored there."""
        azimuth = (self.azimuth_deg + 180) % 360 - 180
        round_deg = max(_LEAST_BEFORE_WALL_DEG, abs(azimuth), 180 - abs(azimuth))
        return replace(self, azimuth_deg=round_deg if azimuth >= 0 else -round_deg)


@dataclass(frozen=True)
class Finish:
    """How a surface answers light, as far as the product's mirror image and shadow need it.

    Args:
        gloss: Weight of the mirror image seen straight down, 0 (none) to 1; it grows at flat angles (Fresnel).
        roughness: 0 = mirror, 1 = so blurred that nothing shows.
    """

    gloss: float
    roughness: float
