import hashlib

import pytest

from services.common.errors import NotFound, StorageUnavailable
from services.storage.content import Content
from services.storage.local import LocalBlobs
from services.storage.signature import Signature

DIGEST = hashlib.sha256(b"weights").hexdigest()


@pytest.fixture
def content(tmp_path):
    return Content(LocalBlobs(tmp_path / "blobs", Signature(b"k" * 32), "http://studio.test", 60), "styles")


@pytest.fixture
def stored(content, tmp_path):
    """The file in the directory, to be damaged."""
    return tmp_path / "blobs" / content.put(b"weights", "application/octet-stream").key


def test_what_was_put_is_got_by_its_digest(content):
    stored = content.put(b"weights", "application/octet-stream")
    assert stored.key == f"styles/{DIGEST[:2]}/{DIGEST}"
    assert content.get(stored.sha256) == b"weights"


def test_file_comes_back_by_its_digest(content, tmp_path):
    (tmp_path / "in").write_bytes(b"weights")
    stored = content.put_file(tmp_path / "in", "application/octet-stream")
    content.get_file(stored.sha256, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"weights"


def test_same_content_is_written_once(content, stored):
    inode = stored.stat().st_ino
    content.put(b"weights", "application/octet-stream")
    assert stored.stat().st_ino == inode


def test_cut_off_file_is_written_anew(content, stored):
    stored.write_bytes(b"weig")
    content.put(b"weights", "application/octet-stream")
    assert stored.read_bytes() == b"weights"


def test_damaged_content_is_not_handed_out(content, stored, tmp_path):
    stored.write_bytes(b"weighty")
    with pytest.raises(StorageUnavailable, match="damaged"):
        content.get(DIGEST)
    with pytest.raises(StorageUnavailable, match="damaged"):
        content.get_file(DIGEST, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("digest", ["", "../secret", "A" * 64, "0" * 64], ids=["empty", "path", "upper case", "absent"])
def test_what_is_not_there_is_not_found(content, digest):
    with pytest.raises(NotFound):
        content.get(digest)
