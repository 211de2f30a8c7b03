"""One drawn photo as the service's own parts see it: cut out by the segmentation stage, placed on its own canvas."""

from functools import cached_property, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.camera import Camera
from services.common.geometry import Box
from services.common.image import ImageFormat
from services.common.placement import Placement
from services.common.pose import Pose
from services.evaluation.cutting import Cutting
from services.evaluation.truth.photo import Blend
from services.evaluation.truth.scene import Scene
from services.postprocess.product import Product, place_product
from services.postprocess.schema import Output, Preservation, RestoreRequest, Shadow
from services.segment.schema import SegmentResult, Selection

#: Cases kept, so that the questions about one scene draw and cut it once.
_KEPT: Final = 3


class Case:
    """A scene and what the service makes of it, each made when it is first asked for.

    Args:
        scene: The truth.
        cutting: Makes segmenters.
    """

    def __init__(self, scene: Scene, cutting: Cutting) -> None:
        self.scene = scene
        self._cutting = cutting

    @cached_property
    def cutout(self) -> SegmentResult:
        """What the segmentation stage gives, with the true mask, blurred, in the place of the network's."""
        return self._cutting.cut(self.scene.photo, self.scene.alpha)

    @property
    def placement(self) -> Placement:
        """The photo's own frame as the canvas: every pixel stays where it was."""
        height, width = self.scene.alpha.shape
        whole = Box(0, 0, height, width)
        return Placement((height, width), whole, 0, 0, 1.0, self.cutout.box or whole)

    @property
    def product(self) -> Product:
        """The cutout on its canvas."""
        return place_product(self.scene.photo, self.cutout, self.placement)

    def request(self, preservation: Preservation, shadow: Shadow = Shadow.NONE) -> RestoreRequest:
        """To the postprocess stage, for a picture in which only the background changes."""
        height, width = self.scene.alpha.shape
        camera = Camera((height, width), 10.0, 30.0, (0.9 * height, width / 2), height / 0.3)
        output = Output(ImageFormat.PNG, 100, "evaluation")
        return RestoreRequest(
            self.scene.photo, self.placement, camera, Pose.HANGING, shadow, preservation, output
        )  # fmt: skip


class Cases:
    """All drawn photos.

    Args:
        cutting: Makes segmenters.
        side_px: Side of all photos; 0 = several sizes.
    """

    def __init__(self, cutting: Cutting, side_px: int = 0) -> None:
        self._cutting = cutting
        self._side_px = side_px
        self._kept = lru_cache(_KEPT)(self._made)

    def get(self, number: int, blend: Blend = Blend.LIGHT, damaged: bool = False) -> Case:
        """The case of that number, see `Scene.drawn`."""
        return self._kept(number, blend, damaged)

    def cut(
        self, photo: NDArray[np.uint8], alpha: NDArray[np.float32], selection: Selection | None = None
    ) -> SegmentResult:
        """Another photo's cutout; see `Cutting.cut`."""
        return self._cutting.cut(photo, alpha, selection)

    def of(self, scene: Scene) -> Case:
        """A case of another scene."""
        return Case(scene, self._cutting)

    def _made(self, number: int, blend: Blend, damaged: bool) -> Case:
        return self.of(Scene.drawn(number, blend, damaged, self._side_px))
