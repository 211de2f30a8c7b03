"""Exported sub-models compute what torch computes, under the names that torch has for their weights."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper

from services.common.errors import InvalidInput
from services.generate.engine import export as export_module
from services.generate.engine.export import (
    ATTENTION_OPSET,
    DECOMPOSED_OPSET,
    best_opset,
    export,
    external_data,
    file_digest,
    sample_inputs,
)  # fmt: skip
from services.generate.engine.interface import Interface, TensorSpec
from services.generate.engine.spec import Part
from services.generate.engine.submodel import SubModel
from tests.support.tiny_submodels import tiny_submodel
from tests.unit.generate.engine.conftest import MODELS

#: Steps of height and width, rows, rank: none of them those of the traced call.
UNSEEN = (
    {"rows": 3, "height": 5, "width": 2, "rank": 7},
    {"height": 3, "width": 3, "rank": 16},
    {"height": 2, "rows": 6},
)
#: Half precision rounds each of a hundred layers.
TOLERANCE = {torch.float32: 1e-4, torch.float16: 0.03}


def in_onnx_runtime(path, inputs):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {name: tensor.numpy() for name, tensor in inputs.items()})


@pytest.mark.parametrize("name", MODELS)
def test_every_weight_keeps_its_name_and_its_bytes(exported, name):
    model, graph = exported(name)
    found = {weights.name: numpy_helper.to_array(weights) for weights in onnx.load(graph.path).graph.initializer}
    state = model.network.state_dict()
    lost = [key for key in model.weight_names() if not np.array_equal(found.get(key), state[key].numpy())]
    assert (len(model.weight_names()) > 50, lost) == (True, [])


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("sizes", UNSEEN, ids=["narrow", "square", "flat"])
def test_export_agrees_with_torch_at_unseen_shapes(exported, name, sizes):
    model, graph = exported(name)
    inputs = sample_inputs(model, seed=3, **sizes)
    with torch.no_grad():
        wanted = model(*inputs.values())
    for got, want in zip(in_onnx_runtime(graph.path, inputs), wanted, strict=True):
        np.testing.assert_allclose(got, want.numpy(), atol=TOLERANCE[model.dtype], rtol=TOLERANCE[model.dtype])


def test_inputs_and_outputs_have_the_interfaces_names(exported):
    model, graph = exported("sdxl")
    loaded = onnx.load(graph.path, load_external_data=False).graph
    assert [tensor.name for tensor in loaded.input] == [spec.name for spec in model.interface.inputs]
    assert [tensor.name for tensor in loaded.output] == ["noise_pred"]


def test_inpainting_channels_come_from_the_configuration(exported):
    assert exported("sd")[1].spec.in_channels == 9
    assert tiny_submodel(Part.UNET, channels=4).interface.inputs[0].dims[1] == 4


def test_attention_is_one_operator_where_heads_are_large_and_half_precise():
    assert best_opset(tiny_submodel(Part.UNET, torch.float16)) == ATTENTION_OPSET
    assert best_opset(tiny_submodel(Part.UNET)) == DECOMPOSED_OPSET
    assert best_opset(tiny_submodel(Part.TEXT_ENCODER, torch.float16)) == DECOMPOSED_OPSET  # heads of 8


class Small(SubModel):
    """One layer, which is traced in no time."""

    def __init__(self):
        with torch.random.fork_rng():
            torch.manual_seed(1)
            network = torch.nn.Sequential(torch.nn.Linear(64, 64))
        network.config = {}
        dims = ("rows", 64)
        spec, output = TensorSpec("x", "float32", dims), TensorSpec("y", "float32", dims)
        super().__init__(Part.UNET, network, Interface((spec,), (output,)), in_channels=64)

    def compute(self, named):
        return (self.network(named["x"]),)


def test_two_exports_of_one_network_are_one_file(tmp_path):
    assert export(Small(), tmp_path / "a.onnx").spec == export(Small(), tmp_path / "b.onnx").spec


def test_large_weights_lie_beside_the_graph_and_count_for_its_digest(tmp_path, monkeypatch):
    monkeypatch.setattr(export_module, "EXTERNAL_DATA_BYTES", 1000)
    model = Small()
    graph = export(model, tmp_path / "model.onnx")
    inputs = sample_inputs(model)
    np.testing.assert_allclose(
        in_onnx_runtime(graph.path, inputs)[0], model(*inputs.values())[0].detach().numpy(), atol=1e-5
    )
    data = bytearray(external_data(graph.path).read_bytes())
    data[-1] ^= 1
    external_data(graph.path).write_bytes(data)
    assert file_digest(graph.path) != graph.spec.onnx_sha256


def test_other_opsets_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match="20 and 23"):
        export(tiny_submodel(Part.VAE_DECODER), tmp_path / "model.onnx", 17)
