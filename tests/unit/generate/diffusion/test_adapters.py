import hashlib

import pytest

from services.common.deadline import Deadline
from services.common.errors import InvalidInput, NotFound, StorageUnavailable
from services.common.metrics import Recorder
from services.generate.diffusion.adapters import Adapters
from services.generate.engine.adapter import AdapterReader
from services.generate.engine.spec import Part
from services.generate.schema import DrawnStyle
from tests.support.adapters import adapter_data
from tests.support.fake_metrics import FakeMetrics
from tests.support.memory_blobs import MemoryBlobs
from tests.support.tiny_submodels import tiny_submodel

DATA = {name: adapter_data(seed=seed) for seed, name in enumerate(("linen", "dusk", "snow"))}


@pytest.fixture(scope="module")
def reader():
    return AdapterReader({Part.UNET: tiny_submodel(Part.UNET)})


class CountedBlobs(MemoryBlobs):
    """Counts what is read."""

    def __init__(self):
        super().__init__()
        self.files = {f"styles/{name}": data for name, data in DATA.items()}
        self.read = []

    def get(self, key, deadline=None):
        self.read.append(key)
        return super().get(key, deadline)


@pytest.fixture
def blobs():
    return CountedBlobs()


def style(name, weight=1.0, **changes):
    sha256 = hashlib.sha256(DATA[name]).hexdigest()
    return DrawnStyle(**({"style_id": name, "key": f"styles/{name}", "sha256": sha256, "weight": weight} | changes))


def worn(adapters, *styles):
    return adapters.worn(styles, Deadline())


def test_style_is_read_once_while_it_is_kept(blobs, reader):
    adapters, metrics = None, FakeMetrics()
    adapters = Adapters(blobs, reader, 1 << 20, Recorder(metrics))
    assert worn(adapters, style("linen")) == worn(adapters, style("linen"))
    assert blobs.read == ["styles/linen"]


def test_style_that_was_not_used_for_longest_goes_first(blobs, reader):
    size = reader.read(DATA["linen"]).size_bytes
    adapters = Adapters(blobs, reader, 2 * size)
    for name in ("linen", "dusk", "linen", "snow", "linen", "dusk"):
        worn(adapters, style(name))
    assert blobs.read == ["styles/linen", "styles/dusk", "styles/snow", "styles/dusk"]


def test_order_of_styles_does_not_count(blobs, reader):
    adapters = Adapters(blobs, reader, 1 << 20)
    pair = style("linen", 0.5), style("dusk", 0.9)
    assert worn(adapters, *pair) == worn(adapters, *pair[::-1])


def test_style_of_no_weight_is_left_out(blobs, reader):
    assert worn(Adapters(blobs, reader, 1 << 20), style("linen", 0.0)) == ()
    assert blobs.read == []


def test_style_whose_file_is_gone_is_not_found(blobs, reader):
    with pytest.raises(NotFound, match="'linen' is gone"):
        worn(Adapters(blobs, reader, 1 << 20), style("linen", key="styles/none"))


def test_damaged_file_is_said_to_be_one(blobs, reader):
    blobs.files["styles/linen"] = DATA["dusk"]
    with pytest.raises(StorageUnavailable, match="damaged"):
        worn(Adapters(blobs, reader, 1 << 20), style("linen"))


def test_style_of_another_checkpoint_names_itself(blobs):
    reader = AdapterReader({Part.UNET: tiny_submodel(Part.UNET)}, max_rank=2)
    with pytest.raises(InvalidInput, match="'linen' can't be used: the adapter's rank is 4") as caught:
        worn(Adapters(blobs, reader, 1 << 20), style("linen"))
    assert caught.value.details["field"] == "styles"
