import pytest

from services.generate.engine.export import export
from tests.support.tiny_network import write_tiny_network
from tests.support.two_layers import TwoLayers


@pytest.fixture(scope="session")
def tiny_onnx(tmp_path_factory):
    """The tiny sub-model as ONNX."""
    return export(TwoLayers(), tmp_path_factory.mktemp("tiny") / "tiny.onnx").path


@pytest.fixture(scope="session")
def tiny_network(tmp_path_factory):
    """A network with two outputs."""
    path = tmp_path_factory.mktemp("network") / "tiny.onnx"
    write_tiny_network(path)
    return path
