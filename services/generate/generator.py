"""The generation stage: a request in, a background with its light out."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, Self, TypeVar

import cv2

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.settings import StageSettings
from services.generate.environment import Environment
from services.generate.plates.materials.catalog import MaterialName, build_texture
from services.generate.plates.plate import draw_plate
from services.generate.plates.texture import Texture
from services.generate.scene import SceneCatalog
from services.generate.schema import GenerateRequest, GenerateResult
from services.models.cache import ModelCache

ENGINE: Final = "plates-1"
#: A texture of 2048 pixels takes 67 MB, a panorama with its blurred copies 4 MB.
TEXTURES_KEPT: Final = 6
ENVIRONMENTS_KEPT: Final = 8
Made = TypeVar("Made")


class Recent(Generic[Made]):
    """The last few things made, each made once, also when several threads ask at the same time."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._made: OrderedDict[Hashable, Made] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` gave for that key, now or before."""
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
                if len(self._made) > self._capacity:
                    self._made.popitem(last=False)
            self._made.move_to_end(key)
            return self._made[key]


class Generator:
    """Draws plates.

    Args:
        scenes: What requests may name.
        load_environment: Gives the panorama of a name.
        texture_px: Side of material textures, a power of two.
        threads: Compute threads of this process.
    """

    def __init__(
        self,
        scenes: SceneCatalog,
        load_environment: Callable[[str], Environment],
        texture_px: int = 2048,
        threads: int = 2,
    ) -> None:
        self.scenes = scenes
        self._load_environment = load_environment
        self._texture_px = texture_px
        self._environments: Recent[Environment] = Recent(ENVIRONMENTS_KEPT)
        self._textures: Recent[Texture] = Recent(TEXTURES_KEPT)
        cv2.setNumThreads(threads)

    @classmethod
    def open(cls, settings: StageSettings, cache: ModelCache) -> Self:
        """A generator of the shipped scenes, with panoramas out of the model cache."""

        def load(name: str) -> Environment:
            return Environment.load(cache.path(f"environment-{name}"))

        return cls(SceneCatalog.shipped(), load, threads=settings.threads)

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
        plate = draw_plate(scene, request.camera, request.seed, self, deadline)
        return GenerateResult(plate.background, plate.light, plate.finish, ENGINE, time.perf_counter() - started)

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
