import numpy as np
import pytest
import torch

from services.common.errors import Overloaded
from services.generate.upscale.compute import OnCpu, OnGpu
from services.generate.upscale.in_torch import TorchNetwork
from services.generate.upscale.network import UpscalingNetwork
from tests.support.tiny_upscaler import write_upscaler


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return UpscalingNetwork.read(write_upscaler(tmp_path_factory.mktemp("tiny")))


def planes(height, width):
    return np.random.default_rng(3).random((1, 3, height, width), np.float32)


@pytest.fixture(scope="module")
def on_cpu(network, tmp_path_factory):
    return OnCpu(network, "0" * 64, 1, tmp_path_factory.mktemp("work"), "float32")


@pytest.mark.parametrize("size_hw", [(24, 40), (33, 9)])
def test_openvino_computes_the_same_for_any_size(network, on_cpu, size_hw):
    given = planes(*size_hw)
    assert np.abs(on_cpu(given) - TorchNetwork(network)(torch.from_numpy(given)).numpy()).max() < 1e-4


def test_network_is_converted_once(network, tmp_path):
    OnCpu(network, "1" * 64, 1, tmp_path)
    [kept] = tmp_path.glob("*.xml")
    before = kept.stat().st_mtime_ns
    OnCpu(network, "1" * 64, 1, tmp_path)
    assert kept.stat().st_mtime_ns == before


def test_torch_computes_in_the_type_it_is_told(network):
    given = planes(8, 8)
    made = OnGpu(network, torch.float32, "cpu")(given)
    assert np.allclose(made, TorchNetwork(network)(torch.from_numpy(given)).numpy(), atol=1e-5)
    assert made.dtype == np.float32


def test_want_of_memory_is_told_as_such(network, monkeypatch):
    def fail(self, image):
        raise torch.OutOfMemoryError("CUDA out of memory at 0x7f")

    monkeypatch.setattr(TorchNetwork, "forward", fail)
    with pytest.raises(Overloaded, match="no memory") as refused:
        OnGpu(network, torch.float32, "cpu")(planes(8, 8))
    assert "0x7f" not in refused.value.message
