"""Real photos, as far as no truth is needed: shots in three kinds of scene with their reports, and self-consistency.

Everything goes through the workflow, with its stages in this process.
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.api.common import Blob, ImageSource, OutputOptions
from services.api.studio import CreateShotRequest, CreateShotResponse, PreservationReport
from services.codecs.photo import decode_image
from services.common.alpha import OPAQUE
from services.common.errors import InvalidInput, ProductChanged, VitrineError
from services.common.image import ImageFormat
from services.common.place import Place
from services.common.settings import Settings
from services.evaluation.crops import around
from services.evaluation.reading import Picture
from services.evaluation.take import Take
from services.generate.scene import Scene, SceneCatalog
from services.postprocess.preservation.thresholds import Level
from services.postprocess.schema import LayerName
from services.segment.schema import SegmentRequest
from services.storage.blobs import BlobStore
from services.storage.store import open_store
from services.workflow.local import open_local_stages
from services.workflow.shot import ShotWorkflow
from services.workflow.stages import Stages

_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".tif", ".tiff"})
#: The smaller copy that has to be cut out alike.
_SMALLER: Final = 0.8
_SEED: Final = 1
_PICTURE_PX: Final = 640


class Photographer:
    """Takes photos into scenes.

    Args:
        stages: Where the work is done.
        scenes: The first of each place that a photo fits is its.
        store: Where the stages put pictures.
        settings: Of the service.
    """

    def __init__(self, stages: Stages, scenes: SceneCatalog, store: BlobStore, settings: Settings) -> None:
        self._segment = stages.segment
        self._scenes = scenes
        self._workflow = ShotWorkflow(stages, scenes, settings.limits, settings.segment.min_confidence)
        self._store = store
        self._limits = settings.limits

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """With the service's own stages in this process; results go to its data directory."""
        scenes = SceneCatalog.open(settings.generate.scenes_dir)
        return cls(open_local_stages(settings), scenes, open_store(settings), settings)

    async def takes(self, path: Path) -> list[Take]:
        """A photo in one scene of each place."""
        content = await asyncio.to_thread(path.read_bytes)
        try:
            image = decode_image(content, self._limits.image).on_white()
            agreement = await self._agreement(image)
        except VitrineError as error:
            return [Take(path.name, refusal=error.message)]
        return [await self._in_place(path.name, content, image, place, agreement) for place in Place]

    async def _agreement(self, image: NDArray[np.uint8]) -> float:
        """The least IoU of the cutout with those of the mirror image and of a smaller copy."""
        height, width = image.shape[:2]
        small_wh = (round(width * _SMALLER), round(height * _SMALLER))
        smaller = np.asarray(cv2.resize(image, small_wh, interpolation=cv2.INTER_AREA), np.uint8)
        alone = await self._solid(image)
        mirrored = (await self._solid(np.ascontiguousarray(image[:, ::-1])))[:, ::-1]
        again = cv2.resize((await self._solid(smaller)).astype(np.float32), (width, height)) > 0.5
        return min(_overlap(alone, mirrored), _overlap(alone, np.asarray(again)))

    async def _solid(self, image: NDArray[np.uint8]) -> NDArray[np.bool_]:
        found = await self._segment.run(SegmentRequest(image))
        return np.asarray(found.alpha > OPAQUE // 2)

    async def _in_place(
        self, name: str, content: bytes, image: NDArray[np.uint8], place: Place, agreement: float
    ) -> Take:
        """In the first scene of a place that the photo fits."""
        where = f"{name}, {place.value.lower()}"
        for scene in self._of(place):
            request = CreateShotRequest(
                image=ImageSource(content=content), scene_id=scene.id, seed=_SEED,
                report=Level.FULL, layers=[LayerName.HEATMAP], output=OutputOptions(format=ImageFormat.PNG),
                timeout=self._limits.max_timeout_s,
            )  # fmt: skip
            try:
                answer = await self._workflow.shot(request, "evaluation")
            except InvalidInput as error:
                if error.details.get("field") != "scene_id":
                    return Take(where, agreement=agreement, refusal=error.message)
            except ProductChanged as error:
                report = PreservationReport.model_validate(error.details["report"])
                return Take(f"{name}, {scene.id}", tuple(report.measures), agreement, error.message)
            except VitrineError as error:
                return Take(where, agreement=agreement, refusal=error.message)
            else:
                return await self._taken(name, image, answer, agreement)
        return Take(where, agreement=agreement, refusal="no scene of this place fits the photo", unfit=True)

    def _of(self, place: Place) -> Iterator[Scene]:
        return (scene for scene in self._scenes.scenes.values() if scene.place is place)

    async def _taken(self, name: str, image: NDArray[np.uint8], answer: CreateShotResponse, agreement: float) -> Take:
        picture, heat = [await self._read(blob) for blob in (answer.image, answer.layers[0].blob)]
        take = Take(f"{name}, {answer.scene_id}", tuple(answer.report.measures), agreement)
        pictures = [
            Picture.of("photo", image, _PICTURE_PX),
            Picture.of(answer.scene_id, picture, _PICTURE_PX),
            Picture.of("where it changed", heat, _PICTURE_PX),
        ]
        nearest = take.nearest
        if nearest is not None and nearest.worst is not None:
            crop = around(picture, nearest.worst.x, nearest.worst.y)
            pictures.append(Picture.of(f"worst spot of {nearest.name}", crop))
        return replace(take, pictures=tuple(pictures))

    async def _read(self, blob: Blob) -> NDArray[np.uint8]:
        content = await asyncio.to_thread(self._store.get, blob.key)
        return decode_image(content, self._limits.image).on_white()


def look_at_photos(settings: Settings, folder: Path, tell: Callable[[str], None]) -> list[Take]:
    """All photos of a folder, the worst takes first.

    Args:
        settings: Of the service.
        folder: With photos.
        tell: Told of each step.

    Raises:
        InvalidInput: There is no photo there.
    """
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in _SUFFIXES)
    if not paths:
        raise InvalidInput(f"there is no photo in {folder}", field="photos", got=str(folder))
    with tempfile.TemporaryDirectory(prefix="vitrine-eval-") as data_dir:
        found = asyncio.run(_all_takes(settings.model_copy(update={"data_dir": Path(data_dir)}), paths, tell))
    return sorted(found, key=lambda take: -take.fault)


async def _all_takes(settings: Settings, paths: list[Path], tell: Callable[[str], None]) -> list[Take]:
    photographer = await asyncio.to_thread(Photographer.open, settings)
    found: list[Take] = []
    for number, path in enumerate(paths, 1):
        tell(f"photo {number} of {len(paths)}: {path.name}")
        found += await photographer.takes(path)
    return found


def _overlap(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """IoU; 1 where both are empty."""
    either = np.count_nonzero(first | second)
    return 1.0 if not either else float(np.count_nonzero(first & second) / either)
