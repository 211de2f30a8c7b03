import hashlib

import pytest

from services.api.catalog import ModelKind
from services.cli.models import fetch_missing
from services.common.errors import ModelUnavailable
from services.common.settings import ModelSettings
from services.models.cache import ModelCache
from services.models.catalog import ModelCatalog, ModelEntry

CONTENT = b"weights" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def cache(tmp_path):
    entry = ModelEntry(
        name="tiny", version="1", kind=ModelKind.SEGMENTATION, file="tiny.onnx", sha256=SHA256,
        size_bytes=len(CONTENT), license="MIT", origin="a test",
    )  # fmt: skip
    settings = ModelSettings(cache_dir=tmp_path / "cache", mirror=str(tmp_path / "mirror"))
    (tmp_path / "mirror").mkdir()
    return ModelCache(settings, ModelCatalog((entry,)))


def test_what_is_missing_is_fetched_and_counted(cache, tmp_path, capsys):
    (tmp_path / "mirror" / SHA256).write_bytes(CONTENT)
    fetch_missing(cache, list(cache.catalog))
    assert cache.path("tiny").read_bytes() == CONTENT
    assert "1 of them fetched now" in capsys.readouterr().err


def test_what_is_here_is_not_fetched_again(cache, tmp_path, capsys):
    (tmp_path / "mirror" / SHA256).write_bytes(CONTENT)
    cache.path("tiny")
    fetch_missing(cache, list(cache.catalog))
    assert "0 of them fetched now" in capsys.readouterr().err


def test_what_cannot_be_had_is_an_error(cache):
    with pytest.raises(ModelUnavailable):
        fetch_missing(cache, list(cache.catalog))
