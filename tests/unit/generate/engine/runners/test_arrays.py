import numpy as np
import pytest
import torch

from services.common.errors import Internal, InvalidInput, ModelUnavailable
from services.generate.engine.runners.arrays import ArrayRunner
from services.generate.engine.runners.eager import TorchRunner
from services.generate.engine.runners.onnxruntime import OnnxRuntimeNetwork
from services.generate.engine.runners.openvino import OpenVinoNetwork
from tests.support.two_layers import TwoLayers, two_layer_inputs


@pytest.fixture(params=["openvino", "onnxruntime"])
def open_network(request, tmp_path):
    """Opens an ONNX file with either library."""
    if request.param == "openvino":
        return lambda path, **options: OpenVinoNetwork(path, 1, tmp_path, "f32", **options)
    return lambda path, **options: OnnxRuntimeNetwork(path, 1, **options)


def runner(network):
    return ArrayRunner(network, TwoLayers().interface)


@pytest.mark.parametrize(("rows", "size_hw"), [(2, (8, 8)), (1, (6, 10)), (5, (4, 16))])
def test_runner_gives_what_torch_gives_at_any_shape(open_network, tiny_onnx, rows, size_hw):
    inputs = two_layer_inputs(rows=rows, size_hw=size_hw)
    found = runner(open_network(tiny_onnx)).run(inputs)
    expected = TorchRunner(TwoLayers()).run(inputs)
    assert found.keys() == expected.keys()
    torch.testing.assert_close(found["noise_pred"], expected["noise_pred"], rtol=1e-4, atol=1e-5, check_device=False)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_precision_goes_in_as_the_network_takes_it(open_network, tiny_onnx, dtype):
    inputs = two_layer_inputs(dtype=dtype)
    found = runner(open_network(tiny_onnx)).run(inputs)["noise_pred"]
    assert found.dtype == torch.float32
    exact = TorchRunner(TwoLayers()).run({name: tensor.float() for name, tensor in inputs.items()})["noise_pred"]
    torch.testing.assert_close(found, exact, rtol=1e-4, atol=1e-5)


def test_tensor_that_is_not_contiguous_is_read_in_its_own_order(open_network, tiny_onnx):
    inputs = two_layer_inputs()
    last = inputs | {"sample": inputs["sample"].contiguous(memory_format=torch.channels_last)}
    opened = runner(open_network(tiny_onnx))
    assert torch.equal(opened.run(last)["noise_pred"], opened.run(inputs)["noise_pred"])


def test_next_run_does_not_overwrite_the_last_ones_result(open_network, tiny_onnx):
    opened = runner(open_network(tiny_onnx))
    first = opened.run(two_layer_inputs(seed=1))["noise_pred"]
    kept = first.clone()
    opened.run(two_layer_inputs(seed=2))
    assert torch.equal(first, kept)


def test_unknown_input_is_refused(open_network, tiny_onnx):
    with pytest.raises(InvalidInput, match="not known: \\['mask'\\]"):
        runner(open_network(tiny_onnx)).run({"mask": torch.zeros(1)})


@pytest.mark.parametrize(
    ("array", "got"),
    [(np.zeros((2, 3, 8, 8), np.float32), "float32 of 2 x 3 x 8 x 8"), (np.zeros((2, 4, 8, 8)), "float64")],
    ids=["shape", "type"],
)
def test_array_of_another_form_is_refused_in_our_words(open_network, tiny_onnx, array, got):
    with pytest.raises(InvalidInput, match=f"'sample' is {got}"):
        open_network(tiny_onnx).infer({"sample": array, "timestep": np.zeros(2, np.float32)})


def test_inputs_that_do_not_fit_each_other_are_refused(open_network, tiny_onnx):
    with pytest.raises(InvalidInput, match="timestep has the shape"):
        runner(open_network(tiny_onnx)).run(two_layer_inputs() | {"timestep": torch.zeros(3)})


def test_what_the_library_raises_is_told_in_our_words(open_network, tiny_onnx):
    network = open_network(tiny_onnx)
    network.close()
    with pytest.raises(Internal, match="the network failed in"):
        network.infer({"sample": np.zeros((2, 4, 8, 8), np.float32), "timestep": np.zeros(2, np.float32)})


def test_first_outputs_alone_are_computed(open_network, tiny_network):
    batch = np.zeros((1, 3, 96, 96), np.float32)
    assert list(open_network(tiny_network).infer({"input": batch})) == ["mask", "colour"]
    assert list(open_network(tiny_network, outputs=1).infer({"input": batch})) == ["mask"]


def test_file_that_is_no_network_is_told(open_network, tmp_path):
    (tmp_path / "broken.onnx").write_bytes(b"no network")
    with pytest.raises(ModelUnavailable, match="can't load the network"):
        open_network(tmp_path / "broken.onnx")


def test_closed_network_may_be_closed_again(open_network, tiny_onnx):
    network = open_network(tiny_onnx)
    network.close()
    network.close()
