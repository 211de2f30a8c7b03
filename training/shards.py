"""Training pictures on disk: folders of JPEG pictures, masks and what is known of them, each of one size.

shard-0007/000.jpg   the picture
shard-0007/000.png   what a network is shown of the product; its alpha is below
shard-0007/metadata.jsonl   a line of labels for each; written last, so a shard without it is not finished
"""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.common.geometry import SizeHW
from training.captions import Labels

if TYPE_CHECKING:  # the renderer needs libraries that reading does not
    from training.plates import Props, TrainingPicture

SHARD_PICTURES: Final = 256
#: Sizes by turns, buckets of a checkpoint of 256 pixels: 4:5 is what shipped scenes are laid out for.
SIZES_HW: Final[tuple[SizeHW, ...]] = ((288, 224), (256, 256), (288, 224), (256, 256), (224, 288))
#: Finer than the noise that plates have of their own.
_QUALITY: Final = 96
_METADATA: Final = "metadata.jsonl"
#: Alpha of pixels that are held, and of those around them that only show how the product's colours go on.
_HELD: Final = 255
_KNOWN: Final = 128


@dataclass(frozen=True, eq=False)
class Context:
    """What a network is shown of a product; see `services.generate.diffusion.request.Inpainting`.

    Args:
        image: (H, W, 3) uint8 sRGB.
        held: (H, W) bool, not to be drawn anew.
        known: (H, W) bool, where the image counts.
    """

    image: NDArray[np.uint8]
    held: NDArray[np.bool_]
    known: NDArray[np.bool_]


@dataclass(frozen=True)
class Shard:
    """A finished folder.

    Args:
        folder: Where it lies.
        labels: Of its pictures, in order.
    """

    folder: Path
    labels: tuple[Labels, ...]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """A finished shard.

        Raises:
            OSError: It is not there, or not finished.
        """
        lines = (folder / _METADATA).read_text("utf-8").splitlines()
        return cls(folder, tuple(Labels.from_json(json.loads(line)) for line in lines))

    @property
    def number(self) -> int:
        """Of the shard."""
        return int(self.folder.name.removeprefix("shard-"))

    @property
    def size_hw(self) -> SizeHW:
        """Of its pictures."""
        return SIZES_HW[self.number % len(SIZES_HW)]

    def image(self, index: int) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 sRGB."""
        with Image.open(self.folder / f"{index:03}.jpg") as file:
            return np.asarray(file.convert("RGB"), np.uint8)

    def context(self, index: int) -> Context:
        """What a network is shown of the product."""
        with Image.open(self.folder / f"{index:03}.png") as file:
            pixels = np.asarray(file.convert("RGBA"), np.uint8)
        return Context(pixels[..., :3], pixels[..., 3] == _HELD, pixels[..., 3] >= _KNOWN)


def finished_shards(folder: Path) -> list[Shard]:
    """All shards of a folder that are finished, by number."""
    return [Shard.read(path.parent) for path in sorted(folder.glob(f"shard-*/{_METADATA}"))]


def render_shards(folder: Path, count: int, seed: int, workers: int, pictures: int = SHARD_PICTURES) -> Iterator[int]:
    """Render those of the first `count` shards that are not finished.

    Args:
        folder: Where shards go.
        count: Of shards.
        seed: Of all pictures; a shard is the same whoever renders it.
        workers: Processes, each with all panoramas and materials in its memory (0.5 GB).
        pictures: In each shard.

    Yields:
        Numbers of shards as they are finished.
    """
    done = {shard.number for shard in finished_shards(folder)}
    missing = [number for number in range(count) if number not in done]
    with ProcessPoolExecutor(workers) as pool:
        futures: list[Future[int]] = [pool.submit(_render, folder, number, seed, pictures) for number in missing]
        for future in as_completed(futures):
            yield future.result()


def write_shard(folder: Path, pictures: Iterable["TrainingPicture"]) -> None:
    """Write a shard, whose metadata come last.

    Args:
        folder: Of the shard.
        pictures: All of the size that the shard's number says.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for index, picture in enumerate(pictures):
        Image.fromarray(picture.image).save(folder / f"{index:03}.jpg", quality=_QUALITY, subsampling=0)
        shown = np.where(picture.held, _HELD, np.where(picture.known, _KNOWN, 0)).astype(np.uint8)
        Image.fromarray(np.dstack([picture.context, shown])).save(folder / f"{index:03}.png")
        lines.append(json.dumps(picture.labels.to_json()))
    unfinished = folder / f"{_METADATA}.part"
    unfinished.write_text("\n".join(lines) + "\n", "utf-8")
    unfinished.replace(folder / _METADATA)


def _render(folder: Path, number: int, seed: int, pictures: int) -> int:
    from training.plates import draw_picture  # noqa: PLC0415 - who only reads shards needs no renderer

    size_hw = SIZES_HW[number % len(SIZES_HW)]
    drawn = (draw_picture(_props(), (seed, number, index), size_hw) for index in range(pictures))
    write_shard(folder / f"shard-{number:04}", drawn)
    return number


@cache
def _props() -> "Props":
    """One set of props for each process."""
    import cv2  # noqa: PLC0415 - see `_render`

    from training.plates import Props  # noqa: PLC0415 - see `_render`

    cv2.setNumThreads(1)
    return Props.open()
