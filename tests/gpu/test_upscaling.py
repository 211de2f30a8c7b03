"""The network that enlarges on a GPU in half precision, against float32 on the CPU."""

import numpy as np
import torch

from services.generate.upscale.compute import OnGpu
from services.generate.upscale.in_torch import TorchNetwork
from services.generate.upscale.network import UpscalingNetwork
from tests.support.tiny_upscaler import write_upscaler


def test_gpu_enlarges_as_the_cpu_does(tmp_path, gpu):
    network = UpscalingNetwork.read(write_upscaler(tmp_path))
    given = np.random.default_rng(3).random((1, 3, 40, 56), np.float32)
    wanted = TorchNetwork(network)(torch.from_numpy(given)).numpy()
    assert np.abs(OnGpu(network, torch.float16, str(gpu))(given) - wanted).max() < 2 / 255
