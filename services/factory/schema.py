"""What a training of a style is asked for, its pictures, and what passes between who asks and who trains."""

from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from services.storage.blobs import TRAININGS, StoredBlob
from services.storage.owner import result_key
from services.styles.schema import Style


@dataclass(frozen=True)
class TrainingPlan:
    """How a style is trained.

    Args:
        steps: Of the optimiser.
        rank: Of the adapter.
        learning_rate: Of AdamW.
        batch: Pictures in a step.
        seed: uint32; decides everything that is drawn.
        save_every: Steps after which a training that is stopped goes on.
    """

    steps: int = 400
    rank: int = 8
    learning_rate: float = 1e-4
    batch: int = 4
    seed: int = 0
    save_every: int = 50


@dataclass(frozen=True, eq=False)
class TrainingPicture:
    """One picture, as a checkpoint draws them.

    Args:
        image: (H, W, 3) uint8 sRGB, of one of the checkpoint's sizes.
        caption: What is in it.
    """

    image: NDArray[np.uint8]
    caption: str


@dataclass(frozen=True)
class StoredPicture:
    """One picture, before it is fetched.

    Args:
        key: Of its blob.
        caption: What is in it.
    """

    key: str
    caption: str


@dataclass(frozen=True)
class NewTraining:
    """A training that was asked for and found to be in order.

    Args:
        style_id, description: Of the style.
        pictures: What it is trained on.
        plan: How.
        digest: SHA-256 of what was asked for.
        key: Under which the caller may ask again; empty: none.
    """

    style_id: str
    description: str
    pictures: tuple[StoredPicture, ...]
    plan: TrainingPlan
    digest: bytes
    key: str = ""


@dataclass(frozen=True)
class TrainingTask:
    """A training that a trainer has claimed.

    Args:
        training_id, tenant: Which, and whose.
        fence: Of the claim; whoever has an older one changes nothing any more.
        style_id, description: Of the style that it is to become.
        pictures: What it is trained on.
        plan: How.
        kept_key: The blob that it goes on from; empty: from the beginning.
        waited_s: Since it could have begun, in seconds.
    """

    training_id: str
    tenant: str
    fence: int
    style_id: str
    description: str
    pictures: tuple[StoredPicture, ...]
    plan: TrainingPlan
    kept_key: str = ""
    waited_s: float = 0.0

    def file_key(self, name: str) -> str:
        """Of a file that this claim writes, beside all others of the training."""
        return f"{training_folder(self.tenant, self.training_id)}/{self.fence}-{name}"


def training_folder(tenant: str, training_id: str) -> str:
    """Where the files of a training lie."""
    return result_key(TRAININGS, tenant, training_id)


@dataclass(frozen=True)
class Seen:
    """What a training leaves to be looked at.

    Args:
        loss_plot: The loss of every step.
        sample_sheet: Pictures at growing weights.
    """

    loss_plot: StoredBlob
    sample_sheet: StoredBlob


@dataclass(frozen=True)
class Made:
    """What came of a training.

    Args:
        style: As it is to be registered.
        data: Its file.
        seen: What can be looked at.
    """

    style: Style
    data: bytes
    seen: Seen


class Hold(Enum):
    """What became of a claim meanwhile."""

    OURS = auto()
    #: It is to stop, as somebody cancelled it.
    CANCELLED = auto()
    #: It is another's now, or nobody's.
    LOST = auto()
