"""The segmentation stage with a drawn network in the network's place."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.evaluation.truth.network import TruthNetwork
from services.segment.closed_form import ClosedForm
from services.segment.foreground import ForegroundEstimator
from services.segment.matting import Matting
from services.segment.model import SegmentationModel
from services.segment.runners.runner import Runner
from services.segment.schema import SegmentRequest, SegmentResult, Selection
from services.segment.segmenter import Segmenter


class Cutting:
    """Makes segmenters that share what is slow to load.

    Args:
        threads: Compute threads.
        compiled_dir: For compiled code.
    """

    def __init__(self, threads: int, compiled_dir: Path) -> None:
        self._matting = Matting(ClosedForm(threads, compiled_dir), threads)
        self._foreground = ForegroundEstimator(compiled_dir)

    def segmenter(self, network: Runner) -> Segmenter:
        """The whole stage behind a network of ours; it takes whatever is found."""
        return Segmenter(SegmentationModel(network, network.name), self._matting, self._foreground, min_confidence=0.0)

    def cut(
        self, photo: NDArray[np.uint8], alpha: NDArray[np.float32], selection: Selection | None = None
    ) -> SegmentResult:
        """What the stage gives with the true mask, blurred, in the place of the network's.

        Args:
            photo: (H, W, 3) uint8 sRGB.
            alpha: (H, W) float32, the truth.
            selection: What of it is wanted.
        """
        return self.segmenter(TruthNetwork(photo, alpha)).run(SegmentRequest(photo, selection=selection), Deadline())
