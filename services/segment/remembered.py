"""Cutouts that were made lately: a photo that comes again, for another scene or canvas, is not cut out again."""

import hashlib
import time
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.common.metrics import CUTOUTS, Recorder
from services.common.recent import RecentBytes
from services.segment.schema import SegmentRequest, SegmentResult
from services.segment.segmenter import Segmenter


class RememberedCutouts:
    """A segmenter that keeps its last results, each by the photo's own pixels and whatever else decides it.

    Each owner's apart: how soon an answer comes must not tell whether somebody else has sent that photo.

    Args:
        segmenter: Cuts out what is not remembered.
        capacity: Bytes kept at most; 0 keeps nothing.
        recorder: Counts what was found and what was not.
    """

    def __init__(self, segmenter: Segmenter, capacity: int, recorder: Recorder) -> None:
        self._segmenter = segmenter
        self._cutouts: RecentBytes[SegmentResult] = RecentBytes(capacity, _weight)
        self._capacity = capacity
        self._recorder = recorder

    def run(self, request: SegmentRequest, deadline: Deadline) -> SegmentResult:
        """See `Segmenter.run`; what is remembered says how long the looking up took, and its arrays can't be written.

        A request without an owner, or that gives alpha itself, is neither looked up nor kept.
        """
        if not (self._capacity and request.owner) or request.alpha is not None:
            return self._segmenter.run(request, deadline)
        started = time.perf_counter()
        outcome = "hit"

        def cut() -> SegmentResult:
            nonlocal outcome
            outcome = "miss"
            return _kept(self._segmenter.run(request, deadline), request.image)

        result = self._cutouts.get((request.owner, _digest(request), self._segmenter.model), cut, deadline.check)
        self._recorder.count(CUTOUTS, outcome=outcome)
        return replace(result, duration_s=time.perf_counter() - started)


def _digest(request: SegmentRequest) -> bytes:
    """SHA-256 of the photo and the selection."""
    told = hashlib.sha256(repr(request.image.shape).encode())
    told.update(np.ascontiguousarray(request.image).data)
    if (selection := request.selection) is not None:
        mask = selection.keep_mask
        told.update(repr(replace(selection, keep_mask=None)).encode())
        if mask is not None:
            told.update(np.ascontiguousarray(mask).data)
    return told.digest()


def _arrays(result: SegmentResult) -> list[np.ndarray]:
    values = (getattr(result, field.name) for field in fields(result))
    return [value for value in values if isinstance(value, np.ndarray)]


def _weight(result: SegmentResult) -> int:
    return sum(array.nbytes for array in _arrays(result))


def _kept(result: SegmentResult, image: NDArray[np.uint8]) -> SegmentResult:
    """The result without a view of the photo, whose memory, the object store's, is to be free again."""
    if np.may_share_memory(result.foreground, image):
        result = replace(result, foreground=image.copy())
    for array in _arrays(result):
        array.flags.writeable = False  # others share it
    return result
