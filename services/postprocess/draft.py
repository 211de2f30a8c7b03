"""The files of one result: all of them are kept, or none."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from services.common.deadline import Deadline
from services.common.image import ImageFormat
from services.postprocess.schema import LayerName, Output
from services.storage.blobs import BlobStore, StoredBlob

#: Files of a result that nobody wants are tried to be removed for so long, in seconds; else they stay until swept.
_REMOVAL_S: Final = 10.0


class Draft:
    """Writes files while they are wanted.

    Args:
        store: Where they go.
        deadline: Looked at around every file.
    """

    def __init__(self, store: BlobStore, deadline: Deadline) -> None:
        self._store = store
        self._deadline = deadline
        self._keys: list[str] = []

    @classmethod
    @contextmanager
    def within(cls, store: BlobStore, deadline: Deadline) -> Iterator["Draft"]:
        """A draft for the body; whatever ends the body early removes what it wrote.

        Raises:
            Cancelled, DeadlineExceeded: Nobody waits any more, also where that came with the last file.
        """
        draft = cls(store, deadline)
        try:
            yield draft
            deadline.check()
        except BaseException:
            # That outlives the request's own time.
            store.delete(draft._keys, Deadline.after(_REMOVAL_S))
            raise

    def put(self, key: str, data: bytes, image_format: ImageFormat) -> StoredBlob:
        """Store a file.

        Raises:
            StorageUnavailable: The store can't be written.
            Cancelled, DeadlineExceeded: The file is no longer wanted.
        """
        self._deadline.check()
        self._keys.append(key)
        return self._store.put(key, data, image_format.media_type, self._deadline)


def picture_key(output: Output) -> str:
    """Where the picture lies."""
    return f"{output.key}.{output.format.extension}"


def layer_key(key: str, name: LayerName, instance: int = 0) -> str:
    """Where a layer lies, or one product's own."""
    of = f"-{instance}" if instance else ""
    return f"{key}-{name.lower()}{of}.png"


def keys_of(output: Output, layers: Sequence[LayerName], instances: int) -> list[str]:
    """All that a shot, with its full report, may have stored.

    Args:
        output: Of the shot.
        layers: Asked for.
        instances: How many products have layers of their own.
    """
    names = dict.fromkeys([*layers, LayerName.HEATMAP])
    own = [layer_key(output.key, LayerName.ALPHA, number) for number in range(1, instances + 1)]
    return [picture_key(output), *(layer_key(output.key, name) for name in names), *own]
