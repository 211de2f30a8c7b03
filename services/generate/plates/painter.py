"""Backgrounds without any model: scenes rendered for the photo's own camera."""

from collections.abc import Callable
from typing import Final, Self

import cv2

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.metrics import PLATES, Recorder, Silent
from services.common.recent import Recent, RecentBytes
from services.common.settings import GenerateSettings
from services.generate.environment import Environment
from services.generate.plates.materials.catalog import MaterialName, build_texture
from services.generate.plates.plate import Plate, draw_plate
from services.generate.plates.shelf import TextureShelf
from services.generate.plates.texture import Texture
from services.generate.scene import Scene
from services.models.cache import ModelCache

#: A texture of so many pixels takes 67 MB of disk, or of memory without a shelf; a panorama with its copies 4 MB.
TEXTURE_PX: Final = 2048
TEXTURES_KEPT: Final = 8
ENVIRONMENTS_KEPT: Final = 8


class PlatePainter:
    """Draws plates; safe to share between threads.

    Args:
        load_environment: Gives the panorama of a name.
        texture_px: Side of material textures, a power of two.
        threads: Compute threads of this process.
        plates_bytes: Memory for finished plates; 0 keeps none.
        recorder: Gets which plates were drawn anew.
        shelf: Keeps textures on disk; None = they are made by every process.
    """

    name: Final = "plates-3"

    def __init__(
        self,
        load_environment: Callable[[str], Environment],
        texture_px: int = TEXTURE_PX,
        threads: int = 2,
        plates_bytes: int = 0,
        recorder: Recorder | None = None,
        shelf: TextureShelf | None = None,
    ) -> None:
        self._shelf = shelf
        self._load_environment = load_environment
        self._texture_px = texture_px
        self._environments: Recent[Environment] = Recent(ENVIRONMENTS_KEPT)
        self._textures: Recent[Texture] = Recent(TEXTURES_KEPT)
        self._plates: RecentBytes[Plate] = RecentBytes(plates_bytes, lambda plate: plate.background.nbytes)
        self._recorder = recorder or Recorder(Silent)
        cv2.setNumThreads(threads)

    @classmethod
    def open(cls, settings: GenerateSettings, cache: ModelCache, recorder: Recorder | None = None) -> Self:
        """A painter with panoramas and textures out of the model cache."""

        def load(name: str) -> Environment:
            return Environment.load(cache.path(f"environment-{name}"))

        return cls(
            load,
            threads=settings.threads,
            plates_bytes=settings.plates_mb << 20,
            recorder=recorder,
            shelf=TextureShelf(cache.derived_dir("textures"), TEXTURE_PX),
        )

    def paint(self, scene: Scene, camera: Camera, seed: int, deadline: Deadline) -> Plate:
        """Draw a scene, or give the plate that was drawn of it before.

        Raises:
            DeadlineExceeded, Cancelled: Looked for between steps.
            ModelUnavailable: The scene's panorama can't be had.
        """
        outcome = "hit"

        def draw() -> Plate:
            nonlocal outcome
            outcome = "miss"
            return self._draw(scene, camera, seed, deadline)

        plate = self._plates.get((scene.id, camera, seed), draw, deadline.check)
        self._recorder.count(PLATES, outcome=outcome)
        return plate

    def _draw(self, scene: Scene, camera: Camera, seed: int, deadline: Deadline) -> Plate:
        plate = draw_plate(scene, camera, seed, self, deadline)
        plate.background.flags.writeable = False  # others share it
        return plate

    def environment(self, name: str) -> Environment:
        """The panorama of that name, kept in memory."""
        return self._environments.get(name, lambda: self._load_environment(name))

    def texture(self, material: MaterialName, variant: int) -> Texture:
        """A material's texture, kept in memory."""
        return self._textures.get((material, variant), lambda: self._texture(material, variant))

    def _texture(self, material: MaterialName, variant: int) -> Texture:
        if self._shelf is not None:
            return self._shelf.texture(material, variant)
        return build_texture(material, variant, self._texture_px)
