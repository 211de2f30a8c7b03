"""A scene without a product: what the Generate stage makes, as a picture of its own."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.api.common import StageName, StageTiming
from services.api.studio import UINT32_MAX, Canvas
from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.geometry import Box, SizeHW
from services.generate.scene import Scene, SceneCatalog
from services.generate.schema import GenerateRequest
from services.workflow.fit import Fit
from services.workflow.layout import check_canvas, plan_layout
from services.workflow.stages import GenerateStage
from services.workflow.walk import Walk

#: The product that the camera looks at and nobody sees takes this share of either side.
_PLACE_SHARE: Final = 0.5


@dataclass(frozen=True)
class Scenery:
    """A scene without a product.

    Args:
        image: (H, W, 3) uint8 sRGB.
        scene_id: What is seen.
        seed: uint32, which gives the picture again.
        timings: How long each stage worked.
    """

    image: NDArray[np.uint8]
    scene_id: str
    seed: int
    timings: Sequence[StageTiming]


class SceneryWorkflow:
    """Draws scenes in which nothing stands.

    Args:
        generate: The stage.
        scenes: What may be asked for.
        max_canvas_px: Longest side of a picture.
        draw_seed: Gives the seed of each picture.
    """

    def __init__(
        self,
        generate: GenerateStage,
        scenes: SceneCatalog,
        max_canvas_px: int,
        draw_seed: Callable[[], int] = lambda: secrets.randbelow(UINT32_MAX + 1),
    ) -> None:
        self._generate = generate
        self._scenes = scenes
        self._max_canvas_px = max_canvas_px
        self._draw_seed = draw_seed

    async def draw(self, scene_id: str, canvas: Canvas, request_id: str, deadline: Deadline) -> Scenery:
        """One picture, seen from where the scene is usually seen.

        Args:
            scene_id: A scene of the catalogue.
            canvas: Its width and height count, and both are named.
            request_id: For the logs.
            deadline: Looked at between steps.

        Raises:
            VitrineError: Any of the tree's; `InvalidInput` and `NotFound` for the scene, `TooLarge` for the canvas.
        """
        check_canvas(canvas, self._max_canvas_px)
        scene = self._scenes.get(scene_id)
        seed = self._draw_seed()
        camera = _camera(scene, (canvas.height, canvas.width), self._max_canvas_px)
        async with Walk.within(deadline, request_id) as walk:
            call = self._generate.run(GenerateRequest(scene.id, camera, seed, request_id, deadline.at_s))
            made = await walk.remote(StageName.GENERATE, call, lambda result: result.duration_s)
        return Scenery(made.background, scene.id, seed, walk.progress.timings)


def _camera(scene: Scene, size_hw: SizeHW, max_canvas_px: int) -> Camera:
    """The camera of a shot that has a product of usual size in the scene's usual place."""
    height, width = size_hw
    tall, wide = round(_PLACE_SHARE * height), round(_PLACE_SHARE * width)
    place = Box((height - tall) // 2, (width - wide) // 2, tall, wide)
    canvas, usual = Canvas(width=width, height=height), Fit(scene.poses[0], scene.pitch.default, 1.0)
    return plan_layout(size_hw, place, scene, canvas, usual, max_canvas_px).camera
