"""What can still be read on the product: lines of print, recognised before and after.

Detection and recognition are PP-OCRv6's, by RapidOCR, whose wheel holds both networks; nothing is fetched. Lines are
found on both pictures and recognised at the same places in both, so that each line is compared with itself, and what is
written where nothing was is seen.
"""

import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.common.geometry import Box

#: Lines are looked for at this size at most; they are recognised at the picture's own.
_DETECTION_SIDE_PX: Final = 1024
#: Whoever only wants to know where print is, and for every picture, has it looked for at this size: some 8 px of height
#: are found.
_FINDING_SIDE_PX: Final = 576
#: What is recognised with less confidence before says nothing about after.
_LEAST_CONFIDENCE: Final = 0.8
#: Lines that are lower can't be read with certainty.
_LEGIBLE_PX: Final = 12.0
#: More are not read, as each takes its time; the largest are, and how many more changed is told.
MOST_LINES: Final = 40
#: Lines found on both pictures are one where their middles are this near, as a share of the line's height.
_SAME_LINE: Final = 0.5


@dataclass(frozen=True)
class TextLine:
    """One line of print.

    Args:
        before, after: What was read there.
        box_yx: (4, 2) float32, its corners, row and column, clockwise from the top left as one reads.
        height_px: Of the line.
        errors: Characters to insert, drop or replace to get from one to the other, spaces not counted.
    """

    before: str
    after: str
    box_yx: NDArray[np.float32]
    height_px: float
    errors: int

    @property
    def middle_yx(self) -> tuple[int, int]:
        """Row and column."""
        row, column = self.box_yx.mean(axis=0)
        return round(float(row)), round(float(column))


@dataclass(frozen=True)
class TextChange:
    """All lines that could be read, before or after.

    Args:
        lines: From the top.
        error_rate: Errors per character, of the longer of both readings; 0 without text.
        exact: Share of the lines of 12 px or more, 0 to 1, that read the same; None without such lines.
        worst_yx: Middle of the line with most errors, in pixels of the arrays; None without errors.
        unread: Lines that changed, but were too many to be read.
    """

    lines: tuple[TextLine, ...]
    error_rate: float
    exact: float | None
    worst_yx: tuple[int, int] | None
    unread: int = 0

    def placed(self, scale: float, top: int, left: int) -> "TextChange":
        """The same on a picture that was reduced by `scale` from (top, left) on."""
        lines = (
            replace(line, box_yx=line.box_yx / np.float32(scale) + np.array([top, left], np.float32))
            for line in self.lines
        )
        return summarised(tuple(lines), self.unread)

    def where(self, kept: Callable[[tuple[int, int]], bool]) -> "TextChange":
        """Only the lines whose middle, row and column, is kept."""
        return summarised(tuple(line for line in self.lines if kept(line.middle_yx)), self.unread)


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
        corners = _detected(self._finding(), image, _FINDING_SIDE_PX)
        low, high = np.floor(corners.min(axis=1)).astype(int), np.ceil(corners.max(axis=1)).astype(int)
        boxes = (
            Box(int(top), int(left), int(bottom - top), int(right - left)).clipped((image.shape[0], image.shape[1]))
            for (left, top), (right, bottom) in zip(low, high, strict=True)
        )
        return tuple(box for box in boxes if box.height and box.width)

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
        boxes = boxes[np.argsort([-cv2.contourArea(box) for box in boxes], kind="stable")]
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
            _line(box, one[0], other[0])
            for box, one, other in zip(boxes, first, second, strict=True)
            if any(score >= _LEAST_CONFIDENCE and _plain(text) for text, score in (one, other))
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


def summarised(lines: tuple[TextLine, ...], unread: int = 0) -> TextChange:
    """Rates over lines that were read before and after."""
    characters = sum(max(len(_plain(line.before)), len(_plain(line.after))) for line in lines)
    legible = [line for line in lines if line.height_px >= _LEGIBLE_PX]
    worst = max(lines, key=lambda line: line.errors, default=None)
    return TextChange(
        lines=lines,
        error_rate=sum(line.errors for line in lines) / max(characters, 1),
        exact=sum(not line.errors for line in legible) / len(legible) if legible else None,
        worst_yx=worst.middle_yx if worst is not None and worst.errors else None,
        unread=unread,
    )


def edit_distance(first: str, second: str) -> int:
    """Least number of characters to insert, drop or replace (Levenshtein)."""
    row = list(range(len(second) + 1))
    for index, character in enumerate(first, 1):
        diagonal, row[0] = row[0], index
        for column, other in enumerate(second, 1):
            replaced = diagonal + (character != other)
            diagonal, row[column] = row[column], min(replaced, row[column] + 1, row[column - 1] + 1)
    return row[-1]


def _line(box: NDArray[np.float32], before: str, after: str) -> TextLine:
    height = (np.linalg.norm(box[3] - box[0]) + np.linalg.norm(box[2] - box[1])) / 2
    errors = edit_distance(_plain(before), _plain(after))
    return TextLine(before, after, box[:, ::-1], float(height), errors)


def _plain(text: str) -> str:
    """One form for each character, and no spaces, which recognition sets as it likes."""
    return "".join(unicodedata.normalize("NFKC", text).split())
