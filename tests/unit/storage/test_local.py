from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest

from services.common.errors import Forbidden, NotFound, StorageUnavailable
from services.storage.local import LocalBlobs
from services.storage.signature import Signature


class Clock:
    now_s = 1_000_000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def blobs(tmp_path, clock):
    return LocalBlobs(tmp_path / "blobs", Signature(b"k" * 32), "http://studio.test/", url_ttl_s=60, now=clock)


def signed_parts(url):
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    return parts.path, int(query["expires"][0]), query["signature"][0]


def test_address_names_the_public_url_and_its_expiry(blobs):
    signed = blobs.sign("a/b.png")
    assert signed.url.startswith("http://studio.test/v1/blobs/a/b.png?")
    assert signed_parts(signed.url)[1] == signed.expires_at_s == 1_000_060


def test_address_works_until_it_expires(blobs, clock):
    _, expires, signature = signed_parts(blobs.sign("a.png").url)
    clock.now_s = expires - 0.001
    blobs.verify("a.png", expires, signature)
    clock.now_s = expires
    with pytest.raises(Forbidden, match="expired"):
        blobs.verify("a.png", expires, signature)


def test_address_with_a_later_expiry_is_forbidden(blobs):
    _, expires, signature = signed_parts(blobs.sign("a.png").url)
    with pytest.raises(Forbidden, match="signature is wrong"):
        blobs.verify("a.png", expires + 1, signature)


def test_link_that_leads_out_is_not_read(blobs, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "link.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(NotFound):
        blobs.get("link.txt")


def test_link_that_leads_out_is_not_written_through(blobs, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "folder").symlink_to(outside)
    with pytest.raises(StorageUnavailable):
        blobs.put("folder/a.txt", b"x", "text/plain")
    assert not list(outside.iterdir())


def test_link_that_leads_out_is_not_deleted_through(blobs, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text("kept")
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "folder").symlink_to(outside)
    blobs.delete(["folder/a.txt"])
    assert (outside / "a.txt").read_text() == "kept"


def test_root_may_itself_be_a_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "blobs").symlink_to(tmp_path / "disk")
    blobs = LocalBlobs(tmp_path / "blobs", Signature(b"k" * 32), "http://studio.test", url_ttl_s=60)
    blobs.put("a.txt", b"x", "text/plain")
    assert blobs.get("a.txt") == b"x"


def test_readers_see_whole_files_while_they_are_replaced(blobs):
    versions = {bytes([value]) * 50_000 for value in range(8)}
    blobs.put("a.bin", next(iter(versions)), "text/plain")
    with ThreadPoolExecutor(4) as pool:
        writes = [pool.submit(blobs.put, "a.bin", data, "text/plain") for data in versions]
        reads = [pool.submit(blobs.get, "a.bin") for _ in range(40)]
    assert all(write.exception() is None for write in writes)
    assert {read.result() for read in reads} <= versions


def test_failed_write_leaves_nothing_behind(blobs, tmp_path):
    blobs.put("a/b.txt", b"x", "text/plain")
    with pytest.raises(StorageUnavailable):
        blobs.put("a", b"a folder stands there", "text/plain")
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == [tmp_path / "blobs" / "a" / "b.txt"]
