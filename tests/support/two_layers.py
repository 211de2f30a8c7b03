"""A sub-model of two layers, small enough to be exported in a second."""

import torch
from torch import nn

from services.generate.engine.interface import HEIGHT, ROWS, WIDTH, Interface, TensorSpec
from services.generate.engine.spec import Part
from services.generate.engine.submodel import SubModel


class TwoLayers(SubModel):
    """(B, 4, h, w) noisy latents and a timestep for each row to (B, 4, h, w).

    Args:
        seed: Of the weights.
    """

    def __init__(self, seed=0):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            network = nn.Sequential(nn.Conv2d(4, 8, 3, padding=1), nn.SiLU(), nn.Conv2d(8, 4, 3, padding=1)).eval()
        network.requires_grad_(requires_grad=False)
        network.config = {"channels": 4}
        inputs = (
            TensorSpec("sample", "float32", (ROWS, 4, HEIGHT, WIDTH)),
            TensorSpec("timestep", "float32", (ROWS,)),
        )
        outputs = (TensorSpec("noise_pred", "float32", (ROWS, 4, HEIGHT, WIDTH)),)
        super().__init__(Part.UNET, network, Interface(inputs, outputs, cell_px=8, multiple=2), in_channels=4)

    def compute(self, named):
        """The network's answer, shifted by the timestep."""
        return (self.network(named["sample"]) + named["timestep"][:, None, None, None],)


def two_layer_inputs(seed=0, rows=2, size_hw=(8, 8), **dtypes):
    """Inputs of the sub-model, the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    return {
        "sample": torch.randn(rows, 4, *size_hw, generator=generator, **dtypes),
        "timestep": torch.rand(rows, generator=generator, **dtypes),
    }
