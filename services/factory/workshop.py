"""Makes one style of a claimed training: pictures from the store in, a style and its sample sheet out."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from services.codecs.photo import decode_image
from services.common.errors import InvalidInput, NotFound, VitrineError
from services.common.image import ImageLimits
from services.common.logs import logger
from services.factory.factory import StyleFactory, StyleFiles
from services.factory.keeper import Keep, StateKeeper
from services.factory.pictures import fitted
from services.factory.schema import Made, Seen, TrainingPicture, TrainingTask, training_folder
from services.factory.watch import Watch
from services.storage.blobs import BlobStore, StoredBlob
from services.styles.schema import Style


class Workshop:
    """Trains, and keeps where it stands in the store, so that any other workshop can go on.

    Args:
        factory: Of the checkpoint.
        store: Where pictures lie, and all that a training leaves.
        limits: Of a picture.
        sample_steps: Of the denoising of the sample sheet's pictures.
    """

    def __init__(
        self,
        factory: StyleFactory,
        store: BlobStore,
        limits: ImageLimits,
        sample_steps: int,
    ) -> None:
        self._factory = factory
        self._store = store
        self._limits = limits
        self._sample_steps = sample_steps

    def make(self, task: TrainingTask, watch: Watch, keep: Keep) -> Made:
        """Train, from where it was left, and draw the sample sheet.

        Args:
            task: The claim.
            watch: Told of each step; stops the work within one.
            keep: Notes the states that were stored.

        Raises:
            Stopped: It was told to stop; what there is, is kept.
            InvalidInput: A caption has too many tokens.
            NotFound, TooLarge, UnsupportedMedia: A picture is gone, or was replaced by something else.
            StorageUnavailable, ModelUnavailable: What it needs does not answer.
        """
        pictures = list(self._pictures(task, watch))
        with TemporaryDirectory(prefix="vitrine-training-") as folder:
            files = StyleFiles(Path(folder))
            self._fetch_state(task, files)
            keeper = StateKeeper(self._store, keep, task, files.state, watch)
            self._train(task, pictures, files, watch, keeper)
            facts = self._factory.sample(pictures, files, self._sample_steps, check=watch.check)
            data = files.adapter.read_bytes()
            style = Style(
                task.tenant, task.style_id, task.description, hashlib.sha256(data).hexdigest(), len(data),
                facts.rank, facts.networks, facts.checkpoint,
            )  # fmt: skip
            return Made(style, data, Seen(self._stored(task, files.losses), self._stored(task, files.samples)))

    def clear(self, tenant: str, training_id: str, seen: Seen | None = None) -> None:
        """Remove the files of a training that has ended, but for what can be looked at.

        Raises:
            StorageUnavailable: The store does not answer; what is left goes when the training does.
        """
        left = set() if seen is None else {seen.loss_plot.key, seen.sample_sheet.key}
        keys = [file.key for file in self._store.under(training_folder(tenant, training_id)) if file.key not in left]
        self._store.delete(keys)

    def _pictures(self, task: TrainingTask, watch: Watch) -> Iterator[TrainingPicture]:
        for number, picture in enumerate(task.pictures):
            watch.check()
            field = f"pictures.{number}.blob_key"
            try:
                image = decode_image(self._store.get(picture.key), self._limits).on_white()
            except VitrineError as error:
                raise type(error)(f"{field}: {error.message}", **{**error.details, "field": field}) from error
            yield TrainingPicture(fitted(image, self._factory.buckets), picture.caption)

    def _fetch_state(self, task: TrainingTask, files: StyleFiles) -> None:
        if not task.kept_key:
            return
        try:
            self._store.get_file(task.kept_key, files.state)
        except NotFound:
            logger().warning("a training's state is gone; it begins anew")

    def _train(
        self, task: TrainingTask, pictures: list[TrainingPicture], files: StyleFiles, watch: Watch, keeper: StateKeeper
    ) -> None:
        def train() -> None:
            self._factory.train(pictures, task.plan, files, watch.tell, keeper.kept, watch.check)

        try:
            train()
        except InvalidInput as error:
            if error.details.get("field") != "out":
                raise
            # The checkpoint is another by now, a picture was replaced, or the file is damaged.
            logger().warning("a training's state is of no use; it begins anew", reason=error.message)
            files.state.unlink()
            train()

    def _stored(self, task: TrainingTask, file: Path) -> StoredBlob:
        return self._store.put(task.file_key(file.name), file.read_bytes(), "image/png")
