"""Reads lines of print on a product in two pictures.

Detection and recognition are PP-OCRv6's, by RapidOCR, whose wheel holds both networks; nothing is fetched. Lines are
found on both pictures and recognised at the same places in both, so that each line is compared with itself, and what is
written where nothing was is seen.
"""

import threading
from importlib import resources
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.common.geometry import Box
from services.postprocess.preservation.text import TextChange, plain, read_line, summarised

#: Lines are looked for at this size at most; they are recognised at the picture's own.
_DETECTION_SIDE_PX: Final = 1024
#: Whoever only wants to know where print is, and for every picture, has it looked for at this size: some 8 px of height
#: are found.
_FINDING_SIDE_PX: Final = 576
#: What is recognised with less confidence before says nothing about after.
_LEAST_CONFIDENCE: Final = 0.8
#: More are not read, as each takes its time; the largest are, and how many more changed is told.
MOST_LINES: Final = 40
#: Lines found on both pictures are one where their middles are this near, as a share of the line's height.
_SAME_LINE: Final = 0.5


class TextReader:
    """Finds and reads print. Loads its networks when first used, and takes about a second for that.

    Args:
        threads: Compute threads.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._engine: Any = None
        self._finder: Any = None
        self._loading = threading.Lock()

    def find(self, image: NDArray[np.uint8]) -> tuple[Box, ...]:
        """Where print is, without reading it; 0.2 s on one core, whatever the size.

        Args:
            image: (H, W, 3) uint8 sRGB.

        Returns:
            Upright boxes inside the image.
        """
        boxes = (_upright(each, image) for each in _detected(self._finding(), image, _FINDING_SIDE_PX))
        return tuple(box for box in boxes if box.height and box.width)

    def read(self, image: NDArray[np.uint8]) -> tuple[tuple[str, Box], ...]:
        """What is written, line by line, and where; the largest lines first, 40 at most. Single characters are left
        out, as outlines of products are taken for some. 0.6 s on one core, and more with each line.

        Args:
            image: (H, W, 3) uint8 sRGB.

        Returns:
            Each line's text and its upright box inside the image.
        """
        corners = _largest_first(self._find(image))[:MOST_LINES]
        if not len(corners):
            return ()
        read = zip(self._recognised(image, corners), (_upright(each, image) for each in corners), strict=True)
        return tuple(
            (text, box)
            for (text, score), box in read
            if score >= _LEAST_CONFIDENCE and len(plain(text)) > 1 and box.height and box.width
        )

    def compare(
        self, before: NDArray[np.uint8], after: NDArray[np.uint8], deadline: Deadline | None = None
    ) -> TextChange:
        """Read the same lines in two pictures.

        Args:
            before, after: (H, W, 3) uint8 sRGB, the product at the same place in both, anything around it.
            deadline: Looked at between finding and reading.

        Raises:
            Cancelled, DeadlineExceeded: The reading is no longer wanted.
        """
        deadline = deadline or Deadline()
        changed = (before != after).any(axis=-1)
        boxes = self._find(before)
        if changed.any():
            deadline.check()
            boxes = _joined(boxes, self._find(after))
        boxes = _largest_first(boxes)
        boxes, more = boxes[:MOST_LINES], boxes[MOST_LINES:]
        unread = sum(_touched(box, changed) for box in more)
        if not len(boxes):
            return TextChange((), 0.0, None, None)
        deadline.check()
        first = second = self._recognised(before, boxes)
        if changed.any():
            deadline.check()
            second = self._recognised(after, boxes)
        read = [
            read_line(box, one[0], other[0])
            for box, one, other in zip(boxes, first, second, strict=True)
            if any(score >= _LEAST_CONFIDENCE and plain(text) for text, score in (one, other))
        ]
        return summarised(tuple(sorted(read, key=lambda line: float(line.box_yx[0, 0]))), unread)

    def warm_up(self) -> None:
        """Load the networks and run them once."""
        blank = np.full((64, 128, 3), 255, np.uint8)
        self.find(blank)
        self._find(blank)
        self._recognised(blank, np.array([[[0, 0], [127, 0], [127, 63], [0, 63]]], np.float32))

    def _loaded(self) -> Any:
        with self._loading:
            if self._engine is None:
                self._engine = self._opened({})
            return self._engine

    def _finding(self) -> Any:
        with self._loading:
            if self._finder is None:
                # By itself RapidOCR enlarges until the shorter side has 736 px.
                self._finder = self._opened({"Det.limit_type": "max", "Det.limit_side_len": _FINDING_SIDE_PX})
            return self._finder

    def _opened(self, options: dict[str, Any]) -> Any:
        """An engine, which loads each network when that is first used."""
        from rapidocr import RapidOCR  # noqa: PLC0415 - takes a second, and most processes read nothing

        models = resources.files("rapidocr") / "models"
        return RapidOCR(
            params={
                "Global.log_level": "critical",
                # A call only finds; what is found is recognised in two pictures.
                "Global.use_cls": False,
                "Global.use_rec": False,
                "EngineConfig.onnxruntime.intra_op_num_threads": self._threads,
                # Named, so that a file that is missing is an error here and never a download.
                "Det.model_path": str(models / "PP-OCRv6_det_small.onnx"),
                "Rec.model_path": str(models / "PP-OCRv6_rec_small.onnx"),
                **options,
            }
        )

    def _find(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        return _detected(self._loaded(), image, _DETECTION_SIDE_PX)

    def _recognised(self, image: NDArray[np.uint8], boxes: NDArray[np.float32]) -> list[tuple[str, float]]:
        """Text and confidence for each box."""
        parts = self._loaded().crop_text_regions(np.ascontiguousarray(image[..., ::-1]), boxes)
        found = self._loaded().recognize_txt(parts)
        return [(str(text), float(score)) for text, score in zip(found.txts, found.scores, strict=True)]


def _detected(engine: Any, image: NDArray[np.uint8], longest_px: int) -> NDArray[np.float32]:
    """(N, 4, 2) float32 corners, columns and rows as RapidOCR has them, looked for at that size at most."""
    scale = min(1.0, longest_px / max(image.shape[:2]))
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale < 1 else image
    found = engine(np.ascontiguousarray(small[..., ::-1])).boxes
    if found is None:
        return np.zeros((0, 4, 2), np.float32)
    return np.asarray(found, np.float32) / np.float32(scale)


def _upright(corners: NDArray[np.float32], image: NDArray[np.uint8]) -> Box:
    """The rectangle around a line that lies in an image."""
    (left, top), (right, bottom) = np.floor(corners.min(axis=0)).astype(int), np.ceil(corners.max(axis=0)).astype(int)
    box = Box(int(top), int(left), int(bottom - top), int(right - left))
    return box.clipped((image.shape[0], image.shape[1]))


def _largest_first(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return boxes[np.argsort([-cv2.contourArea(box) for box in boxes], kind="stable")]


def _joined(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 4, 2) boxes of both, without those of the second that the first has too."""
    if not len(first) or not len(second):
        return np.concatenate([first, second])
    apart = np.linalg.norm(first.mean(axis=1)[:, None] - second.mean(axis=1), axis=-1).min(axis=0)
    height = np.linalg.norm(second[:, 3] - second[:, 0], axis=-1)
    return np.concatenate([first, second[apart > _SAME_LINE * height]])


def _touched(box: NDArray[np.float32], changed: NDArray[np.bool_]) -> bool:
    """Whether an upright rectangle around a box holds a changed pixel."""
    (left, top), (right, bottom) = np.floor(box.min(axis=0)).astype(int), np.ceil(box.max(axis=0)).astype(int)
    return bool(changed[max(top, 0) : bottom, max(left, 0) : right].any())
