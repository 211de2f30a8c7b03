"""Real photos, as far as no truth is needed: shots in three kinds of scene with their reports, and self-consistency.

Everything goes through the workflow, with its stages in this process.
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.api.common import Blob, ImageSource, OutputOptions
from services.api.studio import CreateShotRequest, CreateShotResponse, Measure
from services.codecs.photo import decode_image
from services.common.alpha import OPAQUE
from services.common.errors import InvalidInput, VitrineError
from services.common.image import ImageFormat
from services.common.place import Place
from services.common.settings import Settings
from services.evaluation.crops import around
from services.evaluation.page import Shot
from services.evaluation.reading import Picture
from services.generate.scene import Scene, SceneCatalog
from services.postprocess.preservation.thresholds import Level, Sense, bar_of
from services.postprocess.schema import LayerName
from services.segment.schema import SegmentRequest
from services.storage.store import open_store
from services.workflow.local import open_local_stages
from services.workflow.shot import ShotWorkflow

_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".tif", ".tiff"})
#: The smaller copy that has to be cut out alike.
_SMALLER: Final = 0.8
_SEED: Final = 1
_PICTURE_PX: Final = 640


@dataclass(frozen=True)
class Judged:
    """One shot on the page, and how far it is from good: 0 = nothing to complain of."""

    shot: Shot
    fault: float


class Studio:
    """Takes the shots.

    Args:
        settings: Of the service; results go to its data directory.
    """

    def __init__(self, settings: Settings) -> None:
        stages = open_local_stages(settings)
        self._segment = stages.segment
        self._scenes = SceneCatalog.open(settings.generate.scenes_dir)
        self._workflow = ShotWorkflow(stages, self._scenes, settings.limits, settings.segment.min_confidence)
        self._store = open_store(settings)
        self._limits = settings.limits.image

    async def shots(self, path: Path) -> list[Judged]:
        """A photo in one scene of each place, worst to best as it comes."""
        content = await asyncio.to_thread(path.read_bytes)
        try:
            image = decode_image(content, self._limits).on_white()
            agreement = await self._agreement(image)
        except VitrineError as error:
            return [Judged(Shot(path.name, error.message, ()), np.inf)]
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
    ) -> Judged:
        """In the first scene of a place that the photo fits."""
        refusal = ""
        for scene in self._of(place):
            request = CreateShotRequest(
                image=ImageSource(content=content), scene_id=scene.id, seed=_SEED,
                report=Level.FULL, layers=[LayerName.HEATMAP], output=OutputOptions(format=ImageFormat.PNG),
            )  # fmt: skip
            try:
                answer = await self._workflow.shot(request, "evaluation")
            except InvalidInput as error:
                refusal = refusal or error.message
            except VitrineError as error:
                refusal = error.message
                break
            else:
                return await self._judged(name, image, answer, agreement)
        return Judged(Shot(f"{name}, {place.value.lower()}", f"refused: {refusal}", ()), np.inf)

    def _of(self, place: Place) -> Iterator[Scene]:
        return (scene for scene in self._scenes.scenes.values() if scene.place is place)

    async def _judged(
        self, name: str, image: NDArray[np.uint8], answer: CreateShotResponse, agreement: float
    ) -> Judged:
        picture, heat = [await self._read(blob) for blob in (answer.image, answer.layers[0].blob)]
        pictures = [
            Picture.of("photo", image, _PICTURE_PX),
            Picture.of(answer.scene_id, picture, _PICTURE_PX),
            Picture.of("where it changed", heat, _PICTURE_PX),
        ]
        nearest = max(answer.report.measures, key=nearness)
        if nearest.worst is not None:
            crop = around(picture, nearest.worst.x, nearest.worst.y)
            pictures.append(Picture.of(f"worst spot of {nearest.name}", crop))
        words = f"agreement with its mirror and a smaller copy {agreement:.3f}; nearest to its bar: {_told(nearest)}"
        return Judged(Shot(f"{name}, {answer.scene_id}", words, tuple(pictures)), nearness(nearest) + 1 - agreement)

    async def _read(self, blob: Blob) -> NDArray[np.uint8]:
        content = await asyncio.to_thread(self._store.get, blob.key)
        return decode_image(content, self._limits).on_white()


def look_at_photos(settings: Settings, folder: Path, tell: Callable[[str], None]) -> list[Shot]:
    """All photos of a folder, the worst shots first.

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
        found = asyncio.run(_all_shots(settings.model_copy(update={"data_dir": Path(data_dir)}), paths, tell))
    return [judged.shot for judged in sorted(found, key=lambda judged: -judged.fault)]


async def _all_shots(settings: Settings, paths: list[Path], tell: Callable[[str], None]) -> list[Judged]:
    studio = await asyncio.to_thread(Studio, settings)
    found: list[Judged] = []
    for number, path in enumerate(paths, 1):
        tell(f"photo {number} of {len(paths)}: {path.name}")
        found += await studio.shots(path)
    return found


def nearness(measure: Measure) -> float:
    """How near a measure is to its bar: 0 = as good as can be, 1 = on it; 0 where nothing was measured or asked."""
    if measure.value is None or measure.threshold is None:
        return 0.0
    good = 0.0 if bar_of(measure.name).sense is Sense.AT_MOST else 1.0
    room = abs(measure.threshold - good)
    return abs(measure.value - good) / room if room else float(measure.value != good)


def _told(measure: Measure) -> str:
    if measure.value is None or measure.threshold is None:
        return "none, as nothing was measured"
    return f"{measure.name} {measure.value:.3g} {measure.unit} (bar {measure.threshold:g})"


def _overlap(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """IoU; 1 where both are empty."""
    either = np.count_nonzero(first | second)
    return 1.0 if not either else float(np.count_nonzero(first & second) / either)
