"""The LoRA factory: a folder of pictures in, a style's file out."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import torch

from services.common.settings import Settings
from services.factory.examples import ExampleMaker
from services.factory.pictures import read_pictures
from services.factory.samples import WEIGHTS, sample_rows, save_losses, save_samples
from services.factory.schema import TrainingPicture, TrainingPlan
from services.factory.training import StyleTraining
from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.diffusion.hardware import Hardware
from services.generate.diffusion.networks import Networks
from services.generate.diffusion.sizes import Buckets
from services.generate.engine.adapter import AdapterReader
from services.generate.pipeline import InpaintPipeline
from services.generate.schema import AdapterFacts
from services.models.cache import ModelCache

#: Captions of a sample sheet.
_SHOWN: Final = 4


@dataclass(frozen=True)
class StyleFiles:
    """What a training leaves in its folder.

    Args:
        folder: Where.
    """

    folder: Path

    @property
    def adapter(self) -> Path:
        """The style."""
        return self.folder / "adapter.safetensors"

    @property
    def state(self) -> Path:
        """Where a training that was stopped goes on."""
        return self.folder / "state.safetensors"

    @property
    def losses(self) -> Path:
        """The losses as a picture."""
        return self.folder / "loss.png"

    @property
    def samples(self) -> Path:
        """Pictures at growing weights."""
        return self.folder / "samples.png"


class StyleFactory:
    """Trains styles for one checkpoint.

    Args:
        checkpoint: Which.
        sha256: Of it, so that a training does not go on with another.
        device: Where it is trained, as torch calls it.
        settings: The whole tree.
        called: The checkpoint's name and version, as styles tell it.
    """

    def __init__(self, checkpoint: Checkpoint, sha256: str, device: str, settings: Settings, called: str = "") -> None:
        self._checkpoint = checkpoint
        self._called = called
        self._sha256 = sha256
        self._device = device
        self._settings = settings

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """For the checkpoint that the settings name.

        Raises:
            NotFound: The catalogue has no such checkpoint.
            ModelUnavailable: It can't be had or used, or there is no such device.
        """
        cache, name = ModelCache(settings.models), settings.generate.diffusion.checkpoint
        entry = cache.catalog.get(name)
        checkpoint = Checkpoint.read(cache.path(name), name)
        hardware = Hardware.find(settings.generate.diffusion.device, "float32")
        if hardware.device == "cpu":
            torch.set_num_threads(settings.training.threads)
        return cls(checkpoint, entry.sha256, hardware.device, settings, f"{entry.name} {entry.version}")

    @property
    def buckets(self) -> Buckets:
        """The sizes that pictures are cut to."""
        return self._checkpoint.buckets

    def pictures(self, folder: Path, caption: str = "") -> list[TrainingPicture]:
        """The pictures of a folder, see `read_pictures`."""
        return read_pictures(folder, self._checkpoint.buckets, caption, self._settings.limits.image)

    def train(
        self,
        pictures: list[TrainingPicture],
        plan: TrainingPlan,
        files: StyleFiles,
        tell: Callable[[int, float], None],
        kept: Callable[[int], None] = lambda _: None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Train, or go on where a training with the same pictures and plan was stopped.

        Args:
            pictures: What is learned from.
            plan: How.
            files: Where it goes on from, and what comes of it.
            tell, kept: See `StyleTraining.run`.
            check: See `ExampleMaker.examples`.

        Raises:
            InvalidInput: A caption has too many tokens; or, of the field `out`, the folder is another training's, or
                damaged.
            ModelUnavailable: The checkpoint can't be loaded.
        """
        files.folder.mkdir(parents=True, exist_ok=True)
        networks = self._networks()
        maker = ExampleMaker(networks, zero_negative=self._checkpoint.zero_negative)
        examples = maker.examples(pictures, plan.seed, check)
        training = StyleTraining(self._checkpoint, networks, examples, plan, self._about(pictures, plan))
        training.resume(files.state)
        training.run(files.state, tell, kept)
        files.adapter.write_bytes(training.adapter())
        save_losses(training.losses, files.losses)

    def sample(
        self,
        pictures: list[TrainingPicture],
        files: StyleFiles,
        steps: int,
        tell: Callable[[], None] = lambda: None,
        check: Callable[[], None] = lambda: None,
    ) -> AdapterFacts:
        """Draw the first captions without the style, with half of it and with all of it.

        Args:
            pictures: Whose captions.
            files: Of the training.
            steps: Of the denoising.
            tell, check: See `sample_rows`.

        Returns:
            What the style is, as it was found to fit.

        Raises:
            InvalidInput: The style does not fit; see `AdapterReader`.
            ModelUnavailable: The checkpoint can't be loaded.
        """
        pipeline = InpaintPipeline(self._checkpoint, self._networks())
        reader = AdapterReader(pipeline.models, self._settings.generate.diffusion.max_rank)
        adapter, captions = reader.read(files.adapter.read_bytes()), shown(pictures)
        guidance = self._settings.generate.diffusion.guidance
        rows = sample_rows(pipeline, adapter, captions, steps, guidance, tell, check)
        save_samples(rows, captions, files.samples)
        return AdapterFacts(adapter.rank, tuple(sorted(adapter.layers)), self._called)

    def _networks(self) -> Networks:
        return Networks.load(self._checkpoint, torch.device(self._device), torch.float32)

    def _about(self, pictures: list[TrainingPicture], plan: TrainingPlan) -> dict[str, Any]:
        digest = hashlib.sha256()
        for picture in pictures:
            digest.update(json.dumps([picture.caption, picture.image.shape]).encode())
            digest.update(picture.image.tobytes())
        # More steps of the same training go on with it.
        fixed = {name: value for name, value in asdict(plan).items() if name not in {"steps", "save_every"}}
        return {"checkpoint": self._sha256, "pictures": digest.hexdigest(), **fixed}


def shown(pictures: list[TrainingPicture]) -> list[str]:
    """The captions of a sample sheet."""
    return [picture.caption for picture in pictures[:_SHOWN]]


def samples_of(pictures: list[TrainingPicture]) -> int:
    """How many pictures a sample sheet has."""
    return len(WEIGHTS) * len(shown(pictures))
