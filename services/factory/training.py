"""A LoRA adapter trained on examples: what the LoRA factory does (Hu et al., arXiv 2106.09685).

The networks' own weights stay as they are; peft lays low-rank factors beside the denoiser's attention. Everything drawn
in a step follows from the seed and the step's number, so a training that was stopped ends where one that was not does.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import DDPMScheduler
from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model
from safetensors.torch import save
from torch import Tensor
from torch.nn.functional import mse_loss

from services.common.errors import InvalidInput
from services.factory.examples import Example
from services.factory.schema import TrainingPlan
from services.factory.state import TrainingState
from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.diffusion.networks import Networks
from services.generate.engine.factors import targets
from services.generate.engine.submodel import UNet

#: Named for the optimiser's moments in a state.
_MOMENTS: Final = ("exp_avg", "exp_avg_sq")


class StyleTraining:
    """Trains one adapter.

    Args:
        checkpoint: What it is for.
        networks: Of that checkpoint; its denoiser gets factors beside its weights.
        examples: All of one picture size or of several; a step takes those of one.
        plan: How.
        about: What tells this training from others, JSON types only.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        networks: Networks,
        examples: Sequence[Example],
        plan: TrainingPlan,
        about: dict[str, Any],
    ) -> None:
        self._plan = plan
        self._about = about
        self._nine = checkpoint.in_channels == 9
        self._model = UNet(networks.unet)
        self._noise = DDPMScheduler.from_config(checkpoint.scheduler)
        self._groups = _by_size(examples)
        config = LoraConfig(r=plan.rank, lora_alpha=plan.rank, target_modules=list(targets(networks.unet)))
        with torch.random.fork_rng():
            torch.manual_seed(plan.seed)
            inject_adapter_in_model(config, networks.unet)
        self._trained = {name: each for name, each in networks.unet.named_parameters() if each.requires_grad}
        self._optimizer = torch.optim.AdamW(self._trained.values(), lr=plan.learning_rate)
        self.losses: list[float] = []

    def resume(self, file: Path) -> int:
        """Go on where a state's file stands, if there is one.

        Returns:
            Steps that were taken.

        Raises:
            InvalidInput: It is damaged, or of another training.
        """
        state = TrainingState.read(file)
        if state is None:
            return 0
        if state.about != self._about:
            raise InvalidInput(f"{str(file)!r} is of another training; remove it, or give another folder", field="out")
        with torch.no_grad():
            for name, weights in self._trained.items():
                weights.copy_(state.tensors[name])
                moments = {each: state.tensors[f"{each}:{name}"].to(weights.device) for each in _MOMENTS}
                self._optimizer.state[weights] = {"step": torch.tensor(float(state.step)), **moments}
        self.losses = state.losses
        return state.step

    def run(self, file: Path, tell: Callable[[int, float], None], kept: Callable[[int], None] = lambda _: None) -> None:
        """Take the steps that are left.

        Args:
            file: Where the state is kept: every so often, at the end, and where `tell` ends the training.
            tell: Told each step's number, from 1, and its loss; what it raises ends the training.
            kept: Told the number of the last step each time that the state was kept.

        Raises:
            InvalidInput: The loss is no number any more.
        """
        while (step := len(self.losses)) < self._plan.steps:
            loss = self._step(step)
            if not math.isfinite(loss):
                raise InvalidInput(
                    f"the training diverged: in step {step + 1} its loss is no number any more; a smaller learning "
                    "rate may help",
                    field="learning_rate",
                )
            self.losses.append(loss)
            if (step + 1) % self._plan.save_every == 0 or step + 1 == self._plan.steps:
                self._keep(file, kept)
            try:
                tell(step + 1, self.losses[-1])
            except BaseException:
                self._keep(file, kept)
                raise

    def _keep(self, file: Path, kept: Callable[[int], None]) -> None:
        self._state().write(file)
        kept(len(self.losses))

    def adapter(self) -> bytes:
        """The adapter as a safetensors file, by diffusers' names."""
        found = get_peft_model_state_dict(self._model.network)
        return save({f"unet.{name}": tensor.detach().float().cpu().contiguous() for name, tensor in found.items()})

    def _step(self, step: int) -> float:
        generator = torch.Generator().manual_seed((self._plan.seed << 24) + step)
        group = self._groups[int(torch.randint(len(self._groups), (), generator=generator))]
        chosen = [group[int(place)] for place in torch.randint(len(group), (self._plan.batch,), generator=generator)]
        latents = torch.cat([each.latents for each in chosen])
        noise = torch.randn(latents.shape, generator=generator).to(latents)
        times = torch.randint(self._noise.config.num_train_timesteps, (len(chosen),), generator=generator)
        times = times.to(latents.device)
        noisy = self._noise.add_noise(latents, noise, times)
        [predicted] = self._model.compute(self._inputs(chosen, noisy, times))
        velocity = self._noise.config.prediction_type == "v_prediction"
        wanted = self._noise.get_velocity(latents, noise, times) if velocity else noise
        loss = mse_loss(predicted.float(), wanted.float())
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call] # torch's own
        self._optimizer.step()
        return float(loss.detach())

    def _inputs(self, chosen: Sequence[Example], noisy: Tensor, times: Tensor) -> dict[str, Tensor]:
        """What the denoiser takes, by the names of `UNet`."""
        held = [torch.cat([each.mask for each in chosen]), torch.cat([each.masked for each in chosen])]
        named = {
            "sample": torch.cat([noisy, *held], dim=1) if self._nine else noisy,
            "timestep": times.float(),
            "encoder_hidden_states": torch.cat([each.text for each in chosen]),
        }
        pooled = [each.pooled for each in chosen if each.pooled is not None]
        if pooled:
            sizes = [[*each.size_hw, 0, 0, *each.size_hw] for each in chosen]
            named |= {"text_embeds": torch.cat(pooled), "time_ids": torch.tensor(sizes).to(pooled[0])}
        return named

    def _state(self) -> TrainingState:
        tensors: dict[str, Tensor] = {}
        for name, weights in self._trained.items():
            tensors[name] = weights.detach().clone().contiguous()
            tensors |= {f"{each}:{name}": self._optimizer.state[weights][each].contiguous() for each in _MOMENTS}
        return TrainingState(len(self.losses), self.losses, tensors, self._about)


def _by_size(examples: Sequence[Example]) -> list[list[Example]]:
    groups: dict[tuple[int, int], list[Example]] = {}
    for example in examples:
        groups.setdefault(example.size_hw, []).append(example)
    return list(groups.values())
