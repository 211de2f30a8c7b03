import hashlib

import pytest

from services.api.catalog import ModelKind
from services.common.settings import ModelSettings
from services.models.cache import ModelCache
from services.models.catalog import CheckpointEntry, ModelCatalog, ModelEntry
from services.models.manifest import list_files
from services.models.sources.npm import NpmPackages
from services.models.sources.opener import SourceOpener
from services.models.sources.wheels import Wheels


@pytest.fixture
def entry_of():
    """Makes a catalogue entry for some content."""

    def make(content, *sources, name="tiny"):
        return ModelEntry(
            name=name, version="1", kind=ModelKind.SEGMENTATION, file="tiny.onnx", license="MIT", origin="a test",
            sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content), sources=sources,
        )  # fmt: skip

    return make


@pytest.fixture
def checkpoint_of():
    """Makes a checkpoint's entry for a folder of any files."""

    def make(folder, *sources, name="painter"):
        return CheckpointEntry(
            name=name, version="1", kind=ModelKind.CHECKPOINT, license="MIT", origin="a test",
            manifest=list_files(folder), sources=sources,
        )  # fmt: skip

    return make


@pytest.fixture
def open_cache(tmp_path):
    """Opens the same cache directory, as one more process would."""

    def make(*entries, npm="no-such-npm", mirror=""):
        packages = tmp_path / "cache" / "packages"
        sources = SourceOpener(NpmPackages(packages, str(npm)), Wheels(packages, ["no-such-pip"]))
        settings = ModelSettings(cache_dir=tmp_path / "cache", mirror=str(mirror))
        return ModelCache(settings, ModelCatalog(entries), sources)

    return make
