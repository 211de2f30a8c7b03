import hashlib

import cv2
import numpy as np
import pytest

from services.api.catalog import ModelKind
from services.common.settings import ModelSettings
from services.models.cache import ModelCache
from services.models.catalog import ModelCatalog, ModelEntry, PathSpec
from tests.support.tiny_network import write_tiny_network


@pytest.fixture(scope="session")
def tiny_network(tmp_path_factory):
    """A network that takes colourful things for products."""
    path = tmp_path_factory.mktemp("network") / "tiny.onnx"
    write_tiny_network(path)
    return path


@pytest.fixture(scope="session")
def tiny_cache(tiny_network, tmp_path_factory):
    """A model cache with that network as "tiny"."""
    content = tiny_network.read_bytes()
    entry = ModelEntry(
        name="tiny", version="3", kind=ModelKind.SEGMENTATION, file="tiny.onnx", license="MIT", origin="a test",
        sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content),
        sources=(PathSpec(type="path", path=tiny_network),),
    )  # fmt: skip
    return ModelCache(ModelSettings(cache_dir=tmp_path_factory.mktemp("cache")), ModelCatalog((entry,)))


@pytest.fixture
def disc():
    """Draws an antialiased disc: (H, W) float32 coverage."""

    def draw(size_hw, radius, centre_yx=None):
        y, x = np.mgrid[: size_hw[0], : size_hw[1]].astype(np.float32)
        top, left = centre_yx or (size_hw[0] / 2, size_hw[1] / 2)
        return np.clip(radius + 0.5 - np.hypot(y - top, x - left), 0, 1)

    return draw


@pytest.fixture
def blurred():
    """Softens a mask as a network's output is soft."""
    return lambda mask, sigma=1.2: cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma)
