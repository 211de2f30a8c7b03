"""A training run on disk: weights, optimizer and step in safetensors, and a log; it goes on where it stopped."""

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

_STATE: Final = "state.safetensors"
_LOG: Final = "log.jsonl"


class Ema:
    """Moving average of a network's weights, which draws better than any single step's.

    Args:
        network: Whose.
        decay: Share that stays of the average at each step, once as many steps are done as it remembers.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._decay = decay
        self.weights = {name: value.detach().clone() for name, value in network.named_parameters()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take a step's weights in; early steps count for more, so that the beginning is soon forgotten."""
        share = 1 - min(self._decay, (1 + step) / (10 + step))
        names, values = zip(*network.named_parameters(), strict=True)
        averages: list[Tensor] = [self.weights[name] for name in names]
        torch._foreach_lerp_(averages, list(values), share)

    def copy_to(self, network: nn.Module) -> None:
        """Give a network the averaged weights."""
        network.load_state_dict(self.weights, strict=False)


class TrainingRun:
    """What of a training is kept between processes.

    Args:
        folder: Of this run.
        network: Trained, with all that is trained beside it.
        ema: Of that network.
        optimizer: Of its parameters, AdamW.
    """

    def __init__(self, folder: Path, network: nn.Module, ema: Ema, optimizer: torch.optim.Optimizer) -> None:
        self.folder = folder
        self._network = network
        self._ema = ema
        self._optimizer = optimizer
        self.step = 0
        self.samples = 0
        folder.mkdir(parents=True, exist_ok=True)

    def resume(self) -> bool:
        """Go on from the last save, bit for bit; False where there is none."""
        path = self.folder / _STATE
        if not path.is_file():
            return False
        with safe_open(path, "pt") as file:
            progress = json.loads(file.metadata()["progress"])
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - a file, no dict
        self.step, self.samples = progress["step"], progress["samples"]
        self._network.load_state_dict(_below("network.", state))
        for name, value in _below("ema.", state).items():
            self._ema.weights[name].copy_(value)
        self._restore_optimizer(state)
        return True

    def save(self) -> None:
        """Write everything; a crash meanwhile leaves the last save."""
        state = {f"network.{name}": value for name, value in self._network.state_dict().items()}
        state |= {f"ema.{name}": value for name, value in self._ema.weights.items()}
        for index, moments in self._optimizer.state_dict()["state"].items():
            state |= {f"optimizer.{index}.{name}": torch.as_tensor(value) for name, value in moments.items()}
        unfinished = self.folder / f"{_STATE}.part"
        progress = json.dumps({"step": self.step, "samples": self.samples})
        # Cloned, as safetensors wants no tensors that share memory, and contiguous ones alone.
        kept = {
            name: value.detach().cpu().clone(memory_format=torch.contiguous_format) for name, value in state.items()
        }
        save_file(kept, unfinished, {"progress": progress})
        unfinished.replace(self.folder / _STATE)

    def log(self, figures: Mapping[str, float]) -> None:
        """Add a line of figures, with step, samples and the time."""
        rounded = {name: float(f"{value:.5g}") for name, value in figures.items()}
        line = {"step": self.step, "samples": self.samples, "at": round(time.time())} | rounded
        with (self.folder / _LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)  # noqa: T201 - whoever watches the command sees it

    def _restore_optimizer(self, state: Mapping[str, Tensor]) -> None:
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in _below("optimizer.", state).items():
            index, _, moment = name.partition(".")
            moments.setdefault(int(index), {})[moment] = value
        self._optimizer.load_state_dict(self._optimizer.state_dict() | {"state": moments})


def averaged_weights(folder: Path) -> dict[str, Tensor]:
    """The averaged weights of a run's last save.

    Raises:
        FileNotFoundError: There is none.
    """
    with safe_open(folder / _STATE, "pt") as file:
        names = [name for name in file.keys() if name.startswith("ema.")]  # noqa: SIM118 - a file, no dict
        return {name.removeprefix("ema."): file.get_tensor(name) for name in names}


def read_log(folder: Path) -> list[dict[str, Any]]:
    """All lines of a run's log; where a run was resumed, the repeated steps once, as they came out last."""
    lines: Iterable[str] = (folder / _LOG).read_text("utf-8").splitlines()
    by_step = {(line["step"], "loss" in line): line for line in map(json.loads, lines)}
    return [by_step[key] for key in sorted(by_step)]


def _below(prefix: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
