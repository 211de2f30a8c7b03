"""Keeps where a training stands in the store, so that another trainer can go on."""

from collections.abc import Callable
from pathlib import Path

from services.common.errors import StorageUnavailable
from services.common.logs import logger
from services.factory.schema import TrainingTask
from services.factory.watch import Watch, Why
from services.storage.blobs import BlobStore

#: Notes that a training goes on from a blob, which has so many steps.
#: Raises `Stopped` where the claim was lost, and `StorageUnavailable`.
Keep = Callable[[TrainingTask, str, int], None]


class StateKeeper:
    """Keeps the states of one claim. Each is a blob of its own, there before it is noted; the one before goes then.
    So what is noted is always whole, and a claim that was lost spoils nothing.

    Args:
        store: Gets the states.
        keep: Notes them.
        task: The claim.
        file: Where the training writes its state.
        watch: Knows whether anybody will go on.
    """

    def __init__(self, store: BlobStore, keep: Keep, task: TrainingTask, file: Path, watch: Watch) -> None:
        self._store = store
        self._keep = keep
        self._task = task
        self._file = file
        self._watch = watch
        self._kept_key = task.kept_key

    def kept(self, step: int) -> None:
        """Keep the state that has so many steps. A store that is away costs no training: a later state does as well.

        Raises:
            Stopped: The claim was lost.
        """
        if self._watch.why in (Why.CANCELLED, Why.LOST):
            return
        key = self._task.file_key(f"{step}.safetensors")
        if key == self._kept_key:
            return
        try:
            self._store.put_file(key, self._file, "application/octet-stream")
            self._keep(self._task, key, step)
            if self._kept_key:
                self._store.delete([self._kept_key])
        except StorageUnavailable as error:
            logger().warning("where a training stands could not be kept", step=step, error=error.message)
            return
        self._kept_key = key
