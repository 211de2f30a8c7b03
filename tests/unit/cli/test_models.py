import hashlib

import pytest
import yaml

from services.api.catalog import ModelKind
from services.cli.models import fetch_missing
from services.common.errors import ModelUnavailable
from services.common.settings import ModelSettings
from services.models.cache import ModelCache
from services.models.catalog import CheckpointEntry, ModelCatalog, ModelEntry, read_entries
from services.models.manifest import list_files
from tests.support.tiny_checkpoint import write_tiny_checkpoint

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


@pytest.fixture
def painter(vitrine, tmp_path, monkeypatch):
    """A tiny checkpoint in the operator's catalogue, made by `vitrine models describe`."""
    folder = write_tiny_checkpoint(tmp_path / "painter")
    described = vitrine("models", "describe", folder, "--license", "MIT")
    (tmp_path / "own.yaml").write_text(described.stdout)
    monkeypatch.setenv("VITRINE_MODELS__CATALOG", str(tmp_path / "own.yaml"))
    monkeypatch.setenv("VITRINE_MODELS__CACHE_DIR", str(tmp_path / "models"))
    return folder


def test_described_checkpoint_is_pulled_listed_and_verified(painter, vitrine):
    assert vitrine("models", "pull", "painter").exit_code == 0
    listed = {model["name"]: model for model in vitrine("models", "list", "--json").json}
    assert (listed["painter"]["kind"], listed["painter"]["cached"]) == ("CHECKPOINT", True)
    assert vitrine("models", "verify").stdout.split() == ["good", "painter"]


def test_verification_of_a_damaged_checkpoint_fails_and_says_where(painter, vitrine, tmp_path):
    vitrine("models", "pull", "painter")
    for index in tmp_path.glob("models/folders/*/model_index.json"):
        index.resolve().write_text("{}")
    result = vitrine("models", "verify", "painter")
    assert result.exit_code == 1
    assert "model_index.json" in result.stdout


def test_described_sources_are_those_named(painter, vitrine):
    sources = ["hub://owner/painter@0a1b", "s3://models/painter"]
    described = vitrine("models", "describe", painter, "--name", "other", *(f"--source={each}" for each in sources))
    (entry,) = read_entries(described.stdout)
    assert entry.name == "other"
    assert [source.type for source in entry.sources] == ["hub", "s3"]


def test_pickle_is_not_described(painter, vitrine):
    (painter / "unet/diffusion_pytorch_model.safetensors").rename(painter / "unet/diffusion_pytorch_model.bin")
    result = vitrine("models", "describe", painter)
    assert result.exit_code != 0
    assert "pickle" in result.stderr


def test_checkpoint_of_another_shape_is_refused_when_it_is_pulled(vitrine, tmp_path, monkeypatch):
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "model_index.json").write_text("{}")
    entry = CheckpointEntry(
        name="other", version="1", kind=ModelKind.CHECKPOINT, license="MIT", origin="a test",
        manifest=list_files(folder), sources=[{"type": "path", "path": folder}],
    )  # fmt: skip
    (tmp_path / "own.yaml").write_text(yaml.safe_dump({"models": [entry.model_dump(mode="json")]}))
    monkeypatch.setenv("VITRINE_MODELS__CATALOG", str(tmp_path / "own.yaml"))
    monkeypatch.setenv("VITRINE_MODELS__CACHE_DIR", str(tmp_path / "models"))
    result = vitrine("models", "pull", "other")
    assert result.exit_code != 0
    assert "model_index.json names no unet" in result.stderr
