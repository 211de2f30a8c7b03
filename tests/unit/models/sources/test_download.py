import pytest

from services.common.errors import ModelUnavailable
from services.models.sources.download import Download


def silent(done, total):
    pass


def test_blocks_make_the_file(tmp_path):
    with Download(tmp_path / "part", 4, silent) as download:
        download.write(b"ab")
        download.write(b"cd")
        download.finish()
    assert (tmp_path / "part").read_bytes() == b"abcd"


def test_what_is_there_is_continued_or_not(tmp_path):
    (tmp_path / "part").write_bytes(b"ab")
    with Download(tmp_path / "part", 4, silent, keep=True) as kept:
        assert kept.done == 2
    with Download(tmp_path / "part", 4, silent) as fresh:
        assert fresh.done == 0


def test_block_beyond_the_size_is_not_written(tmp_path):
    with Download(tmp_path / "part", 3, silent) as download, pytest.raises(ModelUnavailable, match="more than"):
        download.write(b"abcd")
    assert (tmp_path / "part").read_bytes() == b""


def test_short_file_does_not_finish(tmp_path):
    with Download(tmp_path / "part", 3, silent) as download, pytest.raises(ModelUnavailable, match="ends after 0"):
        download.finish()
