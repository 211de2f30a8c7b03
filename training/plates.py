"""Training pictures: a random set, a drawn product in it with the shadow and mirror image that shots have."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.geometry import SizeHW
from services.common.light import Light
from services.common.pose import Pose
from services.common.settings import ModelSettings
from services.generate.diffusion.masks import extend_edges, held_area
from services.generate.environment import Environment
from services.generate.plates.materials.catalog import MaterialName, build_texture
from services.generate.plates.plate import Plate, Stock, draw_plate
from services.generate.plates.texture import Texture
from services.models.cache import ModelCache
from services.postprocess.composite import composite
from services.postprocess.product import Product
from services.postprocess.reflection import reflect
from services.postprocess.schema import Shadow
from services.postprocess.shadow import shade
from training.captions import Labels
from training.palette import name_palette
from training.products import ProductArtist
from training.sets import PhotoSet, SetBuilder

#: Of a material's tile: pictures of 256 pixels show no more.
_TEXTURE_PX: Final = 1024
#: Pictures without a product, for scenes that are drawn alone.
_EMPTY: Final = 0.08
#: Products that throw their shadow; the others stand in light that throws none, and the caption may say so.
_SHADED: Final = 0.75
#: Longer side of a product, in metres and as a share of the picture's shorter side.
_LENGTH_M: Final = (0.2, 0.36)
_SHARE: Final = (0.32, 0.72)


@dataclass(frozen=True, eq=False)
class TrainingPicture:
    """One picture and what is known of it.

    Args:
        image: (H, W, 3) uint8 sRGB, finished.
        context: (H, W, 3) uint8 sRGB, the held product with its edges going on, as a service's network is shown it.
        held: (H, W) bool, what of the product stays as it is; False everywhere without a product.
        known: (H, W) bool, where the context counts.
        labels: What is to be seen.
    """

    image: NDArray[np.uint8]
    context: NDArray[np.uint8]
    held: NDArray[np.bool_]
    known: NDArray[np.bool_]
    labels: Labels


class Props:
    """All panoramas and materials, kept in memory.

    Args:
        cache: Where panoramas come from.
    """

    def __init__(self, cache: ModelCache) -> None:
        self._cache = cache
        self._environments: dict[str, Environment] = {}
        self._textures: dict[tuple[MaterialName, int], Texture] = {}

    @classmethod
    def open(cls) -> "Props":
        """Those that Vitrine's catalogue names, fetched where they are not here yet."""
        return cls(ModelCache(ModelSettings()))

    def environment(self, name: str) -> Environment:
        """The panorama of that name."""
        if name not in self._environments:
            self._environments[name] = Environment.load(self._cache.path(f"environment-{name}"))
        return self._environments[name]

    def texture(self, material: MaterialName, variant: int) -> Texture:
        """A material's texture."""
        if (material, variant) not in self._textures:
            self._textures[material, variant] = build_texture(material, variant, _TEXTURE_PX)
        return self._textures[material, variant]


def draw_picture(stock: Stock, seed: tuple[int, ...], size_hw: SizeHW) -> TrainingPicture:
    """Draw one picture. The same arguments give the same bytes.

    Args:
        stock: Gives panoramas and textures.
        seed: Any numbers.
        size_hw: Of the picture.
    """
    rng = np.random.default_rng(seed)
    photo_set = SetBuilder(rng).build()
    camera = _camera(photo_set, size_hw, rng)
    plate = draw_plate(photo_set.scene, camera, int(rng.integers(2**32)), stock, Deadline())
    palette = name_palette(plate.background)
    if rng.random() < _EMPTY:
        labels = _labels(photo_set, plate, palette, "none", "none")
        return _picture(plate.background, np.zeros(size_hw, np.uint16), labels)
    kind, product = _product(photo_set, camera, plate.light, rng)
    shadow = Shadow.SOFT if rng.random() < _SHADED else Shadow.NONE
    shading = shade(product, camera, plate.light, photo_set.pose, shadow, Deadline())
    mirrored = reflect(product, camera, plate.finish, photo_set.pose)
    image = composite(plate.background, product, shading, mirrored)
    alpha = np.zeros(size_hw, np.uint16)
    alpha[product.box.slices()] = product.alpha
    said = "none" if shadow is Shadow.NONE else _hardness(plate.light)
    return _picture(image, alpha, _labels(photo_set, plate, palette, kind, said))


def _picture(image: NDArray[np.uint8], alpha: NDArray[np.uint16], labels: Labels) -> TrainingPicture:
    held = held_area(alpha)
    context, known = extend_edges(image, held)
    return TrainingPicture(image, context, held, known, labels)


def _camera(photo_set: PhotoSet, size_hw: SizeHW, rng: np.random.Generator) -> Camera:
    height, width = size_hw
    foot_y = rng.uniform(0.7, 0.88) if photo_set.pose is Pose.STANDING else rng.uniform(0.6, 0.72)
    foot = float(foot_y * height), float(rng.uniform(0.38, 0.62) * width)
    size_px = rng.uniform(*_SHARE) * min(size_hw)
    px_per_m = float(size_px / rng.uniform(*_LENGTH_M))
    return Camera(size_hw, photo_set.pitch_deg, photo_set.fov_deg, foot, px_per_m)


def _product(photo_set: PhotoSet, camera: Camera, light: Light, rng: np.random.Generator) -> tuple[str, Product]:
    size_px = max(24, round(rng.uniform(*_LENGTH_M) * camera.px_per_m))
    drawn = ProductArtist(rng).draw(photo_set.pose, size_px, camera.foot_depression_deg, light.azimuth_deg)
    height, width = drawn.coverage.shape
    foot_y, foot_x = camera.foot_yx
    bottom = foot_y + drawn.foot_px if photo_set.pose is Pose.STANDING else camera.size_hw[0] / 2 + height / 2
    return drawn.kind, drawn.placed(round(bottom) - height, round(foot_x - width / 2), camera.size_hw)


def _labels(photo_set: PhotoSet, plate: Plate, palette: str, product: str, shadow: str) -> Labels:
    light, image = plate.light, plate.background
    warmth = light.key[0] / max(light.key[2], 1e-6)
    brightness = float(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).mean()) / 255
    return Labels(
        kind=photo_set.scene.backdrop.kind,
        surface=photo_set.surface,
        behind=photo_set.behind,
        environment=photo_set.environment,
        depth="blurred" if photo_set.scene.optics.aperture > 0.01 else "sharp",
        side=_side(light),
        hardness=_hardness(light),
        warmth="warm" if warmth > 1.15 else "cool" if warmth < 0.95 else "neutral",
        brightness="dark" if brightness < 0.3 else "bright" if brightness > 0.68 else "middle",
        pattern=photo_set.pattern,
        shadow=shadow,
        palette=palette,
        product=product,
    )


def _side(light: Light) -> str:
    azimuth = light.azimuth_deg
    if light.elevation_deg > 72:
        return "above"
    if abs(azimuth) < 35:
        return "behind"
    if abs(azimuth) > 150:
        return "front"
    return "left" if azimuth < 0 else "right"


def _hardness(light: Light) -> str:
    return "hard" if light.radius_deg < 6 else "soft" if light.radius_deg > 13 else "middle"
