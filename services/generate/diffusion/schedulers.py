"""Each sample's own scheduler, made from the checkpoint's configuration."""

import copy
import inspect
from typing import Any, Final

import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, EulerDiscreteScheduler, LCMScheduler
from torch import Tensor

from services.common.errors import InvalidInput
from services.generate.diffusion.request import SampleRequest
from services.generate.schema import Scheduler

#: Diffusers' class of each kind, and what makes it that kind whatever the checkpoint's configuration says.
CLASSES: Final[dict[Scheduler, tuple[Any, dict[str, Any]]]] = {
    Scheduler.DDIM: (DDIMScheduler, {}),
    Scheduler.EULER: (EulerDiscreteScheduler, {}),
    Scheduler.DPMPP_2M: (DPMSolverMultistepScheduler, {"algorithm_type": "dpmsolver++", "solver_order": 2}),
    Scheduler.LCM: (LCMScheduler, {}),
}


class Schedule:
    """One sample's way from noise to picture: a scheduler of its own, and where it stands.

    Args:
        scheduler: A diffusers scheduler that nobody else uses; it remembers steps.
        steps: Of the whole schedule.
        skipped: Steps at its beginning that are left out.
        device: Where the latents are.
    """

    def __init__(self, scheduler: Any, steps: int, skipped: int, device: torch.device) -> None:
        self._scheduler = scheduler
        scheduler.set_timesteps(steps, device=device)
        first = skipped * scheduler.order
        self._timesteps = scheduler.timesteps[first:]
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(first)
        self._draws = "generator" in inspect.signature(scheduler.step).parameters
        self.position = 0

    def __len__(self) -> int:
        """Steps from noise to picture."""
        return len(self._timesteps)

    @property
    def timestep(self) -> Tensor:
        """() of the next step."""
        return torch.as_tensor(self._timesteps[self.position])

    def begin(self, noise: Tensor, image_latents: Tensor | None) -> Tensor:
        """Where the way starts: noise alone, or mixed with a picture's latents.

        Args:
            noise: (1, 4, h, w), normal.
            image_latents: The same shape; None = noise alone.
        """
        if image_latents is None:
            return torch.as_tensor(noise * self._scheduler.init_noise_sigma)
        return torch.as_tensor(self._scheduler.add_noise(image_latents, noise, self._timesteps[:1]))

    def scale(self, latents: Tensor) -> Tensor:
        """The latents as the denoiser wants them at this step."""
        return torch.as_tensor(self._scheduler.scale_model_input(latents, self.timestep))

    def step(self, noise_pred: Tensor, latents: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Take one step.

        Args:
            noise_pred: (1, 4, h, w), what the denoiser said.
            latents: (1, 4, h, w), where the sample is.
            generator: For schedulers that add noise anew.

        Returns:
            The next latents, and the picture's latents as far as they can be told by now.
        """
        drawn = {"generator": generator} if self._draws else {}
        output = self._scheduler.step(noise_pred, self.timestep, latents, **drawn)
        self.position += 1
        told = getattr(output, "denoised", None)
        if told is None:
            told = getattr(output, "pred_original_sample", None)
        if told is None:
            # DPM-Solver++ keeps its predictions of the picture for its next steps.
            told = self._scheduler.model_outputs[-1]
        return output.prev_sample, told

    def noised(self, image_latents: Tensor, noise: Tensor) -> Tensor:
        """A picture's latents with as much noise as those of the sample have now; none at the end."""
        if self.position >= len(self):
            return image_latents
        return torch.as_tensor(self._scheduler.add_noise(image_latents, noise, self.timestep[None].cpu()))


class Schedulers:
    """Makes schedules.

    Args:
        config: Of the checkpoint's scheduler: betas, kind of prediction, spacing.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._makers = {kind: maker.from_config(config, **fixed) for kind, (maker, fixed) in CLASSES.items()}

    def open(self, request: SampleRequest, device: torch.device) -> Schedule:
        """A schedule of its own for one sample."""
        scheduler = copy.deepcopy(self._makers[request.scheduler])
        return Schedule(scheduler, request.steps, request.steps - request.steps_run, device)

    def check(self, request: SampleRequest) -> None:
        """Refuse what a scheduler can't do.

        Raises:
            InvalidInput: It knows no way of so many steps.
        """
        most = getattr(self._makers[request.scheduler].config, "original_inference_steps", request.steps)
        if request.scheduler == Scheduler.LCM and request.steps > most:
            raise InvalidInput(
                f"steps is {request.steps}; the scheduler LCM takes 1 to {most}",
                field="steps", got=request.steps, min=1, max=most,
            )  # fmt: skip
