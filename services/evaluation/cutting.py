"""The segmentation stage with a drawn network in the network's place."""

from typing import Self

from services.common.settings import SegmentSettings
from services.models.cache import ModelCache
from services.segment.foreground import ForegroundEstimator
from services.segment.model import SegmentationModel
from services.segment.runners.runner import Runner
from services.segment.segmenter import Segmenter


class Cutting:
    """Makes segmenters that share what is slow to load.

    Args:
        foreground: Cleans edge colours.
        threads: Compute threads.
    """

    def __init__(self, foreground: ForegroundEstimator, threads: int = 1) -> None:
        self._foreground = foreground
        self._threads = threads

    @classmethod
    def open(cls, settings: SegmentSettings, cache: ModelCache) -> Self:
        """As the service opens it."""
        return cls(ForegroundEstimator(settings.threads, cache.derived_dir("numba")), settings.threads)

    def segmenter(self, network: Runner) -> Segmenter:
        """The whole stage behind a network of ours; it takes whatever is found."""
        model = SegmentationModel(network, network.name)
        return Segmenter(model, self._foreground, min_confidence=0.0, threads=self._threads)
