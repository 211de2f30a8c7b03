import pytest
import torch
from torch.nn import functional

from services.generate.upscale.in_torch import TorchNetwork
from services.generate.upscale.network import UpscalingNetwork
from tests.support.tiny_upscaler import REACH_PX, SCALE, write_upscaler


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return UpscalingNetwork.read(write_upscaler(tmp_path_factory.mktemp("tiny")))


def test_pixel_changes_what_is_within_the_reach_and_nothing_beyond(network):
    dark, lit = torch.zeros(2, 1, 3, 16, 16)
    lit[..., 8, 8] = 1
    compute = TorchNetwork(network)
    changed = (compute(lit) != compute(dark))[0].any(0).nonzero()
    assert int(changed.min()) // SCALE == 8 - REACH_PX
    assert int(changed.max()) // SCALE == 8 + REACH_PX


def test_network_computes_what_its_layers_say(network):
    image = torch.rand(1, 3, 6, 5, generator=torch.Generator().manual_seed(1))
    first, second, third = (
        (torch.from_numpy(step.operation.weight), torch.from_numpy(step.operation.bias))
        for step in network.steps
        if hasattr(step.operation, "weight")
    )
    a = functional.leaky_relu(functional.conv2d(image, *first, padding=1), 0.2)
    c = functional.conv2d(torch.cat([image, a], 1), *second, padding=1)
    e = functional.prelu(0.2 * c + image, torch.full((3,), 0.25))
    g = functional.conv2d(functional.interpolate(e, scale_factor=2), *third, padding=1)
    torch.testing.assert_close(TorchNetwork(network)(image), 2 * functional.pixel_shuffle(g, 2))
