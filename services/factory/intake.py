"""How trainings come in: all that can be wrong with one is said before anything of it is there."""

import hashlib

from services.api.trainings import CreateStyleTrainingRequest, TrainingPicture
from services.codecs.photo import decode_image
from services.common.errors import InvalidInput, TooLarge, VitrineError
from services.common.settings import Settings
from services.factory.schema import NewTraining, StoredPicture, TrainingPlan
from services.generate.scene import SceneCatalog
from services.generate.schema import PLATES_ONLY
from services.storage.blobs import BlobStore, checked_key
from services.storage.owner import require_source
from services.styles.registry import StyleRegistry

#: Said where nobody trains.
NO_TRAINERS = "this service trains no styles; the setting training.enabled allows it"


class TrainingIntake:
    """Checks what is asked for. Each picture is read and decoded, one at a time.

    Args:
        scenes: Whose words captions are made of.
        registry: Knows the styles that there are.
        store: Where the pictures lie.
        settings: The whole tree.
    """

    def __init__(self, scenes: SceneCatalog, registry: StyleRegistry, store: BlobStore, settings: Settings) -> None:
        self._scenes = scenes
        self._registry = registry
        self._store = store
        self._draws = settings.generate.engine == "diffusion"
        self._limits = settings.limits.image
        self._training = settings.training
        self._max_rank = settings.generate.diffusion.max_rank

    def require_trainers(self) -> None:
        """See that somebody trains here.

        Raises:
            InvalidInput: Nobody does; tells the setting.
        """
        if not self._draws:
            raise InvalidInput(PLATES_ONLY)
        if not self._training.enabled:
            raise InvalidInput(NO_TRAINERS, setting="training.enabled")

    def checked(self, request: CreateStyleTrainingRequest, tenant: str, key: str) -> NewTraining:
        """What a request asks for.

        Args:
            request: As it came.
            tenant: Whose.
            key: Under which the caller may ask again; empty: none.

        Raises:
            InvalidInput: A field is missing or out of its range, or a picture has no caption; details name the field.
            Conflict: The tenant has a style of that id.
            NotFound: There is no such scene, or the tenant has no such picture.
            TooLarge, UnsupportedMedia: A picture is too large, or none.
            StorageUnavailable: The store does not answer.
        """
        plan = self._plan(request)
        pictures = self._captioned(request)
        self._registry.require_new(tenant, request.style_id)
        for number, picture in enumerate(pictures):
            self._check_picture(picture.key, tenant, f"pictures.{number}.blob_key")
        return NewTraining(request.style_id, request.description, pictures, plan, digest_of(request), key)

    def _plan(self, request: CreateStyleTrainingRequest) -> TrainingPlan:
        if not request.style_id:
            raise InvalidInput("style_id: it is missing", field="style_id")
        plan = TrainingPlan()
        plan = TrainingPlan(
            request.steps or plan.steps, request.rank or plan.rank, request.learning_rate or plan.learning_rate,
            request.batch or plan.batch, request.seed,
        )  # fmt: skip
        _at_most("steps", plan.steps, self._training.max_steps)
        _at_most("rank", plan.rank, self._max_rank)
        return plan

    def _captioned(self, request: CreateStyleTrainingRequest) -> tuple[StoredPicture, ...]:
        if not request.pictures:
            raise InvalidInput("pictures: a training has at least one", field="pictures")
        _at_most("pictures", len(request.pictures), self._training.max_pictures)
        usual = request.words
        if request.scene_id:
            usual = self._scenes.get(request.scene_id).words.compose(request.words).positive
        return tuple(_captioned(picture, number, usual) for number, picture in enumerate(request.pictures))

    def _check_picture(self, key: str, tenant: str, field: str) -> None:
        try:
            require_source(checked_key(key), tenant)
            size_bytes = self._store.head(key).size_bytes
            if size_bytes > self._limits.max_bytes:
                raise TooLarge(
                    f"at most {self._limits.max_bytes} bytes are taken, got {size_bytes}",
                    got=size_bytes, limit=self._limits.max_bytes,
                )  # fmt: skip
            decode_image(self._store.get(key), self._limits)
        except VitrineError as error:
            raise type(error)(f"{field}: {error.message}", **{**error.details, "field": field}) from error


def digest_of(request: CreateStyleTrainingRequest) -> bytes:
    """SHA-256 of what is asked for."""
    return hashlib.sha256(request.model_dump_json().encode()).digest()


def _captioned(picture: TrainingPicture, number: int, usual: str) -> StoredPicture:
    caption = " ".join((picture.caption or usual).split())
    if not caption:
        field = f"pictures.{number}.caption"
        raise InvalidInput(f"{field}: it is missing; or name a scene, or words, for all pictures", field=field)
    return StoredPicture(picture.blob_key, caption)


def _at_most(field: str, got: int, most: int) -> None:
    if got > most:
        raise InvalidInput(f"{field}: at most {most}, got {got}", field=field, got=got, limit=most)
