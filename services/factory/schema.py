"""What a training of a style is asked for, and the pictures that it has."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
