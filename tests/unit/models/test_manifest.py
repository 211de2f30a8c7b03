import hashlib

import pytest

from services.common.errors import InvalidInput
from services.models.manifest import list_files


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
