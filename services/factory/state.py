"""Where a training stands, as one file that is there whole or not at all."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from services.common.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class TrainingState:
    """What goes on.

    Args:
        step: Steps taken.
        losses: Of each of them.
        tensors: Weights and the optimiser's moments, by name.
        about: What it is a training of; another one does not go on with it.
    """

    step: int
    losses: list[float]
    tensors: Mapping[str, Tensor]
    about: dict[str, Any]

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """What a file holds; None where there is none.

        Raises:
            InvalidInput: It is damaged.
        """
        if not file.is_file():
            return None
        try:
            with safe_open(file, framework="pt") as found:
                told = json.loads(found.metadata()["training"])
                tensors = {name: found.get_tensor(name) for name in found.keys()}  # noqa: SIM118 - it is no mapping
            return cls(int(told["step"]), list(told["losses"]), tensors, dict(told["about"]))
        except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
            raise InvalidInput(
                f"the state in {str(file)!r} is damaged; remove it to begin anew", field="out"
            ) from error

    def write(self, file: Path) -> None:
        """Replace the file."""
        told = json.dumps({"step": self.step, "losses": self.losses, "about": self.about})
        written = file.with_suffix(".part")
        save_file(dict(self.tensors), written, {"training": told})
        written.replace(file)
