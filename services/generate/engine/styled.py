"""A sub-model with adapters or without, whatever computes it."""

from collections.abc import Mapping
from typing import Final

from torch import Tensor

from services.generate.diffusion.networks import Networks
from services.generate.engine.lora import AdapterSet, MergedWeights
from services.generate.engine.runner import Runner
from services.generate.engine.runners.eager import TorchRunner
from services.generate.engine.spec import Part
from services.generate.engine.submodel import SubModel, sub_models

#: What adapters change; there are none of what is between pictures and latents.
_CHANGED: Final = (Part.UNET, Part.TEXT_ENCODER, Part.TEXT_ENCODER_2)


class StyledRunner:
    """Runs a sub-model in the library that was chosen, and where adapters change it in torch, which takes any set of
    them at once: libraries have the weights that they were compiled with.

    One thread at a time calls it.

    Args:
        plain: The sub-model as it is.
        model: The same in torch.
    """

    def __init__(self, plain: Runner, model: SubModel) -> None:
        self.model = model
        self._plain = plain
        self._merged: MergedWeights | None = None

    def own(self, worn: AdapterSet) -> AdapterSet:
        """Those of a set that change this sub-model."""
        return tuple(one for one in worn if one.adapter.of(self.model.part))

    def run(self, inputs: Mapping[str, Tensor], worn: AdapterSet = ()) -> dict[str, Tensor]:
        """See `Runner.run`.

        Args:
            inputs: Likewise.
            worn: What all rows are computed with.
        """
        own = self.own(worn)
        if not own:
            return self._plain.run(inputs)
        if self._merged is None:
            self._merged = MergedWeights(self.model)
        self._merged.use([own])
        return TorchRunner(self._merged.model).run(inputs)


def styled_runners(networks: Networks, runners: Mapping[Part, Runner]) -> dict[Part, StyledRunner]:
    """The denoiser and the text encoders of a checkpoint.

    Args:
        networks: The checkpoint's.
        runners: Compute them as they are.
    """
    models = sub_models(networks)
    return {part: StyledRunner(runners[part], models[part]) for part in _CHANGED if part in models}
