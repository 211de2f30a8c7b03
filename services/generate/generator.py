"""The generation stage: a request in, a background with its light out."""

import time
from collections.abc import Callable
from typing import Final, Self

import cv2

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.settings import GenerateSettings
from services.generate.environment import Environment
from services.generate.plates.materials.catalog import MaterialName, build_texture
from services.generate.plates.plate import Plate, draw_plate
from services.generate.plates.texture import Texture
from services.generate.recent import Recent, RecentBytes
from services.generate.scene import Scene, SceneCatalog
from services.generate.schema import GenerateRequest, GenerateResult
from services.models.cache import ModelCache

ENGINE: Final = "plates-2"
#: A texture of 2048 pixels takes 67 MB, a panorama with its blurred copies 4 MB.
TEXTURES_KEPT: Final = 8
ENVIRONMENTS_KEPT: Final = 8


class Generator:
    """Draws plates.

    Args:
        scenes: What requests may name.
        load_environment: Gives the panorama of a name.
        texture_px: Side of material textures, a power of two.
        threads: Compute threads of this process.
        plates_bytes: Memory for finished plates; 0 keeps none.
    """

    def __init__(
        self,
        scenes: SceneCatalog,
        load_environment: Callable[[str], Environment],
        texture_px: int = 2048,
        threads: int = 2,
        plates_bytes: int = 0,
    ) -> None:
        self.scenes = scenes
        self._load_environment = load_environment
        self._texture_px = texture_px
        self._environments: Recent[Environment] = Recent(ENVIRONMENTS_KEPT)
        self._textures: Recent[Texture] = Recent(TEXTURES_KEPT)
        self._plates: RecentBytes[Plate] = RecentBytes(plates_bytes, lambda plate: plate.background.nbytes)
        cv2.setNumThreads(threads)

    @classmethod
    def open(cls, settings: GenerateSettings, cache: ModelCache) -> Self:
        """A generator of the shipped scenes and the operator's, with panoramas out of the model cache.

        Raises:
            ValueError: The operator's scenes can't be read.
        """

        def load(name: str) -> Environment:
            return Environment.load(cache.path(f"environment-{name}"))

        scenes = SceneCatalog.open(settings.scenes_dir)
        return cls(scenes, load, threads=settings.threads, plates_bytes=settings.plates_mb << 20)

    def run(self, request: GenerateRequest, deadline: Deadline) -> GenerateResult:
        """Make one background.

        Raises:
            NotFound: No such scene.
            DeadlineExceeded, Cancelled: Looked for between steps.
            ModelUnavailable: The scene's panorama can't be had.
        """
        started = time.perf_counter()
        deadline.check()
        scene = self.scenes.get(request.scene_id)
        key = (scene.id, request.camera, request.seed)
        plate = self._plates.get(key, lambda: self._draw(scene, request, deadline), deadline.check)
        worked_s = time.perf_counter() - started
        return GenerateResult(plate.background, plate.light, plate.finish, ENGINE, worked_s, clean=True)

    def _draw(self, scene: Scene, request: GenerateRequest, deadline: Deadline) -> Plate:
        plate = draw_plate(scene, request.camera, request.seed, self, deadline)
        plate.background.flags.writeable = False  # others share it
        return plate

    def warm_up(self) -> None:
        """Load what all scenes need and draw each once, small."""
        for scene in self.scenes.scenes.values():
            camera = Camera((96, 96), scene.pitch.default, scene.vertical_fov_deg, (80, 48), 200)
            self.run(GenerateRequest(scene.id, camera, seed=0), Deadline())

    def environment(self, name: str) -> Environment:
        """The panorama of that name, kept in memory."""
        return self._environments.get(name, lambda: self._load_environment(name))

    def texture(self, material: MaterialName, variant: int) -> Texture:
        """A material's texture, kept in memory."""
        return self._textures.get((material, variant), lambda: build_texture(material, variant, self._texture_px))
