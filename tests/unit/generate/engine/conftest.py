"""Exported sub-models, each made once: tracing takes seconds."""

import pytest
import torch

from services.generate.engine.export import ATTENTION_OPSET, DECOMPOSED_OPSET, export
from services.generate.engine.spec import Part
from tests.support.tiny_submodels import tiny_submodel

#: What is exported, and in which opset.
MODELS = {
    "sd": ({"part": Part.UNET, "dtype": torch.float16, "adapters": True}, DECOMPOSED_OPSET),
    "sdxl": ({"part": Part.UNET, "dtype": torch.float16, "xl": True, "adapters": True}, ATTENTION_OPSET),
    "text": ({"part": Part.TEXT_ENCODER_2}, DECOMPOSED_OPSET),
    "encoder": ({"part": Part.VAE_ENCODER}, DECOMPOSED_OPSET),
    "decoder": ({"part": Part.VAE_DECODER}, DECOMPOSED_OPSET),
}


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Tiny networks gain nothing from threads, which spin for each other where cores are busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """The sub-model and its export, by a name of `MODELS`."""
    made = {}

    def get(name):
        if name not in made:
            arguments, opset = MODELS[name]
            model = tiny_submodel(**arguments)
            made[name] = model, export(model, tmp_path_factory.mktemp(name) / "model.onnx", opset)
        return made[name]

    return get
