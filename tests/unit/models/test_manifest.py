import hashlib

import pytest

from services.common.errors import InvalidInput
from services.models.catalog import HttpsSpec, HubSpec, PathSpec, S3Spec
from services.models.manifest import list_files, parse_source


def test_files_are_listed_with_their_digests_sorted_by_path(tmp_path):
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet/weights.safetensors").write_bytes(b"weights")
    (tmp_path / "model_index.json").write_bytes(b"{}")
    index, weights = list_files(tmp_path)
    assert (index.path, index.size_bytes) == ("model_index.json", 2)
    assert (weights.path, weights.sha256) == ("unet/weights.safetensors", hashlib.sha256(b"weights").hexdigest())


@pytest.mark.parametrize("path", ["model.bin", "README.md", ".cache/model.json"])
def test_what_no_checkpoint_is_read_from_is_left_out(tmp_path, path):
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_bytes(b"x")
    with pytest.raises(InvalidInput):
        list_files(tmp_path)


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("/models/painter", PathSpec(type="path", path="/models/painter")),
        ("https://files.example/painter", HttpsSpec(type="https", url="https://files.example/painter")),
        ("s3://models/v1/painter/", S3Spec(type="s3", bucket="models", key="v1/painter")),
        ("hub://owner/painter", HubSpec(type="hub", repo="owner/painter")),
        ("hub://owner/painter@abc", HubSpec(type="hub", repo="owner/painter", revision="abc")),
    ],
)
def test_source_is_read_from_one_word(text, spec):
    assert parse_source(text) == spec


@pytest.mark.parametrize("text", ["ftp://a/b", "http://a/b", "s3://models", "hub://painter", "hub://../painter"])
def test_word_that_is_no_source_is_refused(text):
    with pytest.raises(InvalidInput) as caught:
        parse_source(text)
    assert caught.value.details["field"] == "source"
