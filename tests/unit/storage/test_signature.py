from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import StorageUnavailable
from services.storage.signature import Signature


def test_signature_matches_what_it_signed():
    signature = Signature(b"k" * 32)
    assert signature.matches("a/b.png", 1000, signature.of("a/b.png", 1000))


@given(key=st.text(), expires=st.integers(0, 2**40), forged=st.text(max_size=80))
def test_anything_else_does_not_match(key, expires, forged):
    signature = Signature(b"k" * 32)
    assert not signature.matches(key, expires, forged)
    assert not signature.matches(key, expires + 1, signature.of(key, expires))
    assert not signature.matches(key + "x", expires, signature.of(key, expires))
    assert not Signature(b"l" * 32).matches(key, expires, signature.of(key, expires))


def test_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    path = tmp_path / "data" / "key"
    first = Signature.from_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Signature.from_file(path).of("a", 1) == first.of("a", 1)


def test_secret_made_by_many_at_once_is_one_secret(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: Signature.from_file(tmp_path / "key").of("a", 1), range(64)))
    assert len(set(made)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


@pytest.mark.parametrize("content", [b"", b"short"], ids=["empty", "short"])
def test_damaged_secret_is_said_and_not_used(tmp_path, content):
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(StorageUnavailable, match="delete the file"):
        Signature.from_file(tmp_path / "key")


def test_folder_that_cannot_be_made_is_storage_unavailable(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageUnavailable):
        Signature.from_file(tmp_path / "file" / "key")
