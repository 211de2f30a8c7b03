import pytest
import torch

from services.generate.diffusion.device import Cpu, Cuda, is_out_of_memory, open_device


def test_torch_says_in_known_words_that_the_cpu_has_no_memory():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)


@pytest.mark.parametrize(
    ("error", "expected"),
    [(torch.OutOfMemoryError("x"), True), (MemoryError(), True), (RuntimeError("shape"), False), (OSError(), False)],
    ids=["torch", "numpy", "another fault", "another kind"],
)
def test_want_of_memory_is_told_from_other_faults(error, expected):
    assert is_out_of_memory(error) == expected


def test_cpu_tells_no_memory():
    device = open_device(torch.device("cpu"))
    device.begin()
    assert isinstance(device, Cpu)
    assert device.end() is None
    assert device.free_bytes() is None
    device.relieve()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU that torch can use")
def test_cuda_tells_what_work_took():
    device = open_device(torch.device("cuda"))
    device.begin()
    taken = torch.empty(1 << 20, dtype=torch.uint8, device="cuda")
    assert isinstance(device, Cuda)
    assert device.end() >= taken.numel()
    assert device.free_bytes() > 0
    device.relieve()
