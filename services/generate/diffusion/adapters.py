"""The adapters that requests name: from the blob store, checked, and the last ones kept in memory."""

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from services.common.deadline import Deadline
from services.common.errors import InvalidInput, NotFound, StorageUnavailable
from services.common.metrics import STYLES, Recorder, Silent
from services.common.recent import RecentBytes
from services.generate.engine.adapter import Adapter, AdapterReader
from services.generate.engine.lora import AdapterSet, Worn
from services.generate.schema import DrawnStyle


class Files(Protocol):
    """What is needed of a blob store."""

    def get(self, key: str, deadline: Deadline | None = None) -> bytes:
        """The bytes under a key; NotFound where there are none."""


class Adapters:
    """Reads adapters for one checkpoint, each once while it is kept; safe to share between threads.

    Args:
        files: Where they lie.
        reader: Checks that they fit.
        kept_bytes: Memory for them; those not used for longest go first.
        recorder: Gets which were kept.
    """

    def __init__(self, files: Files, reader: AdapterReader, kept_bytes: int, recorder: Recorder | None = None) -> None:
        self._files = files
        self._reader = reader
        self._kept: RecentBytes[Adapter] = RecentBytes(kept_bytes, lambda adapter: adapter.size_bytes)
        self._recorder = recorder or Recorder(Silent)

    def worn(self, styles: Sequence[DrawnStyle], deadline: Deadline) -> AdapterSet:
        """The adapters of a drawing, in an order of our own, so that drawings with the same ones share batches. One of
        weight 0 is left out: the picture is the one without it, byte for byte.

        Raises:
            NotFound: A file is gone.
            InvalidInput: An adapter does not fit the checkpoint, or is none.
            StorageUnavailable: The store does not answer, or a file is damaged.
            DeadlineExceeded, Cancelled: While one was waited for.
        """
        drawn = sorted((style for style in styles if style.weight), key=lambda style: style.sha256)
        return tuple(Worn(self.get(style, deadline), style.weight) for style in drawn)

    def get(self, style: DrawnStyle, deadline: Deadline) -> Adapter:
        """One adapter, whatever its weight; raises as `worn`."""
        outcome = "hit"

        def read() -> Adapter:
            nonlocal outcome
            outcome = "miss"
            return self._read(style, deadline)

        adapter = self._kept.get(style.sha256, read, partial(deadline.check))
        self._recorder.count(STYLES, outcome=outcome)
        return adapter

    def _read(self, style: DrawnStyle, deadline: Deadline) -> Adapter:
        try:
            data = self._files.get(style.key, deadline)
        except NotFound as error:
            raise NotFound(f"the file of the style {style.style_id!r} is gone", field="styles") from error
        if hashlib.sha256(data).hexdigest() != style.sha256:
            raise StorageUnavailable(f"the file of the style {style.style_id!r} is damaged")
        try:
            return self._reader.read(data)
        except InvalidInput as error:
            raise InvalidInput(
                f"the style {style.style_id!r} can't be used: {error.message}", **{**error.details, "field": "styles"}
            ) from error
