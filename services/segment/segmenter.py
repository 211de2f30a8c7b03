"""The segmentation stage as a plain class: photo in, cut-out product out."""

import time
from functools import partial
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.deadline import Deadline
from services.common.errors import Internal
from services.common.logs import logger
from services.common.settings import SegmentSettings
from services.models.cache import ModelCache
from services.segment.closed_form import ClosedForm
from services.segment.foreground import ForegroundEstimator
from services.segment.given import cut_by_alpha
from services.segment.instances import find_instances
from services.segment.matte import box_of
from services.segment.matting import Matting
from services.segment.model import SegmentationModel
from services.segment.runners.choice import check_picture, open_runner
from services.segment.schema import SegmentRequest, SegmentResult
from services.segment.selected import look_for_selected, rate_part


class Segmenter:
    """Cuts products out of photos. Safe to call from several threads.

    Args:
        model: The network.
        matting: Finds alpha.
        foreground: Cleans edge colours.
        min_confidence: Below it, no product was found.
    """

    def __init__(
        self, model: SegmentationModel, matting: Matting, foreground: ForegroundEstimator, min_confidence: float
    ) -> None:
        self._model = model
        self._matting = matting
        self._foreground = foreground
        self._min_confidence = min_confidence

    @classmethod
    def open(cls, settings: SegmentSettings, cache: ModelCache, name: str = "isnet") -> Self:
        """Load the network, fetching it first where it is missing.

        Args:
            settings: Runner, threads and the least confidence.
            cache: Where the network comes from.
            name: The network's entry in the catalogue.

        Raises:
            ModelUnavailable: It can't be fetched or loaded.
        """
        # What is long shares its work out by itself. OpenCV's own threads between that took 8 % more of
        # CPU time, and would be as many as the machine has cores.
        cv2.setNumThreads(1)
        entry = cache.catalog.get(name)
        log = logger(stage="segment", model=entry.name)
        runner = open_runner(settings.runner, cache.path(name), settings.threads, cache.derived_dir("openvino"), log)
        compiled_dir = cache.derived_dir("numba")
        return cls(
            SegmentationModel(runner, f"{entry.name} {entry.version}"),
            Matting(ClosedForm(settings.threads, compiled_dir), settings.threads),
            ForegroundEstimator(compiled_dir),
            settings.min_confidence,
        )

    @property
    def model(self) -> str:
        """Name and version of the network."""
        return self._model.name

    def first_mask(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The network's bare answer to a photo, for comparisons; see `SegmentationModel.run`."""
        return self._model.run(image)

    def warm_up(self) -> None:
        """Cut out a drawn ball, so that the first photo finds everything compiled and allocated."""
        image = check_picture((512, 512))
        disc = np.hypot(*np.mgrid[-1:1:512j, -1:1:512j]).astype(np.float32) < 0.55
        self._model.run(image)
        # Not with the network's own mask, which for some network may be empty: every step has to be gone through.
        self._cut(image, disc.astype(np.float32), disc, Deadline())

    def run(self, request: SegmentRequest, deadline: Deadline) -> SegmentResult:
        """Cut the product out.

        A photo without a product is an answer, not an error: alpha is 0 everywhere, the box is None and the confidence
        says how little was seen. A photo that arrives cut out is not looked at by the network.

        Args:
            request: The photo.
            deadline: Looked at between steps.

        Raises:
            DeadlineExceeded: The time is over.
            Cancelled: The caller left.
            Internal: The network failed, the image is not (H, W, 3) uint8, or the alpha not of its size.
        """
        started = time.perf_counter()
        image = request.image
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise Internal(f"expected an image of (H, W, 3) uint8, got {image.shape} {image.dtype}")
        if request.alpha is not None:
            deadline.check()
            return cut_by_alpha(image, request.alpha, self._foreground, request.selection)
        selected = look_for_selected(self._model, image, request.selection, deadline)
        look, frame = selected.look, selected.frame.slices()
        alpha, foreground, uncertainty = np.zeros(image.shape[:2], np.uint16), image, None
        if look.confidence >= self._min_confidence and look.region.any():
            alpha[frame], seen, unsure = self._cut(image[frame], look.mask, look.region, deadline)
            if selected.ceiling is not None:
                alpha[frame] = np.minimum(alpha[frame], np.round(selected.ceiling * OPAQUE).astype(np.uint16))
            foreground = _set_in(image, frame, seen)
            uncertainty = _set_in(np.zeros(image.shape[:2], np.uint8), frame, unsure)
        solid = alpha > OPAQUE // 2
        instances, labels = find_instances(
            alpha, look.confidence, partial(rate_part, look, selected.frame, image.shape[:2])
        )
        return SegmentResult(
            alpha=alpha,
            foreground=foreground,
            box=box_of(solid) if solid.any() else None,
            confidence=look.confidence,
            model=self.model,
            duration_s=time.perf_counter() - started,
            instances=instances,
            labels=labels,
            uncertainty=uncertainty,
            whole=selected.whole,
            mannequin_confidence=selected.mannequin_confidence,
        )

    def _cut(
        self, image: NDArray[np.uint8], mask: NDArray[np.float32], region: NDArray[np.bool_], deadline: Deadline
    ) -> tuple[NDArray[np.uint16], NDArray[np.uint8], NDArray[np.uint8]]:
        deadline.check()
        matte = self._matting.run(image, mask, region, deadline)
        # To the steps that are sent on, so that the colours fit the alpha that others will see.
        steps = np.round(matte.alpha * OPAQUE).astype(np.uint16)
        deadline.check()
        foreground = self._foreground.run(image, np.asarray(steps / np.float32(OPAQUE)), matte.box, matte.mixing)
        return steps, foreground, matte.uncertainty


def _set_in(whole: NDArray[np.uint8], place: tuple[slice, slice], part: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The whole with the part in its place; neither is written to."""
    if part.shape == whole.shape:
        return part
    result = whole.copy()
    result[place] = part
    return result
