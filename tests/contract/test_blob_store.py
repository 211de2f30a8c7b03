"""Every blob store keeps the same promises: one set of tests, over the directory and over two S3 servers on sockets."""

import hashlib
import http.server
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.codecs.encode import encode_image
from services.common.deadline import Deadline
from services.common.errors import DeadlineExceeded, Forbidden, NotFound
from services.common.image import ImageFormat
from services.storage.blobs import MAX_KEY_LENGTH, BlobStore, Versioned, VersionedStore, media_type_of
from services.storage.lease import Leases
from services.storage.local import LocalBlobs
from services.storage.s3 import S3Blobs
from services.storage.signature import Signature
from tests.support.s3_servers import moto_server, s3rver_server, settings_for


@pytest.fixture(scope="session")
def moto_store():
    with moto_server() as endpoint:
        yield S3Blobs(settings_for(endpoint, part_mb=5), url_ttl_s=60)


@pytest.fixture(scope="session")
def s3rver_store(request, tmp_path_factory):
    with s3rver_server(request.config.cache.mkdir("s3rver"), tmp_path_factory.mktemp("s3rver")) as endpoint:
        yield S3Blobs(settings_for(endpoint, part_mb=5), url_ttl_s=60)


@pytest.fixture
def moto_blobs(moto_store):
    # Before, not behind: all of moto's servers in a process share what others left in the bucket.
    moto_store.delete([each.key for each in moto_store.under("")])
    return moto_store


@pytest.fixture
def s3rver_blobs(s3rver_store):
    yield s3rver_store
    s3rver_store.delete([each.key for each in s3rver_store.under("")])


@pytest.fixture
def local_blobs(tmp_path):
    """A directory behind a real HTTP route that does what the gateway's does: verify, then answer the file."""

    class Route(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            url = urlsplit(self.path)
            key, query = url.path.removeprefix("/v1/blobs/"), parse_qs(url.query)
            try:
                blobs.verify(key, int(query["expires"][0]), query["signature"][0])
            except Forbidden:
                self.send_error(403)
                return
            self.send_response(200)
            self.send_header("Content-Type", media_type_of(key))
            self.end_headers()
            self.wfile.write(blobs.get(key))

        def do_PUT(self):
            url = urlsplit(self.path)
            key, query = url.path.removeprefix("/v1/blobs/"), parse_qs(url.query)
            size, kind = int(self.headers["Content-Length"]), self.headers["Content-Type"]
            content = self.rfile.read(size)
            try:
                blobs.verify_upload(key, kind, size, int(query["expires"][0]), query["signature"][0])
            except Forbidden:
                self.send_error(403)
                return
            blobs.put(key, content, kind)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format, *args):  # noqa: A002 - the base class names it so
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Route)
    blobs = LocalBlobs(tmp_path, Signature(b"k" * 32), f"http://127.0.0.1:{server.server_port}", url_ttl_s=60)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield blobs
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["local_blobs", "moto_blobs", "s3rver_blobs"], ids=["directory", "moto", "s3rver"])
def store(request) -> BlobStore:
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["local_blobs", "moto_blobs"], ids=["directory", "moto"])
def versioned(request) -> VersionedStore:
    """Stores that heed conditions; s3rver does not know them."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("size", [0, 1, 100_000], ids=["empty", "one byte", "100 kB"])
def test_what_was_put_can_be_got(store, size):
    data = np.random.default_rng(size).bytes(size)
    store.put("shots/a/b.bin", data, "application/octet-stream")
    assert store.get("shots/a/b.bin") == data


def test_put_tells_size_digest_and_media_type(store):
    stored = store.put("a.txt", b"hello", "text/plain")
    assert (stored.key, stored.size_bytes, stored.media_type) == ("a.txt", 5, "text/plain")
    assert stored.sha256 == hashlib.sha256(b"hello").hexdigest()


def test_put_of_an_image_tells_its_width_and_height(store):
    png = encode_image(np.zeros((20, 30, 3), np.uint8), ImageFormat.PNG, 90)
    stored = store.put("a.png", png, "image/png")
    assert (stored.width, stored.height) == (30, 20)


def test_second_put_replaces_the_first(store):
    store.put("a.txt", b"a longer first text", "text/plain")
    store.put("a.txt", b"second", "text/plain")
    assert store.get("a.txt") == b"second"


def test_get_of_a_missing_key_is_not_found(store):
    with pytest.raises(NotFound) as caught:
        store.get("nothing/here.png")
    assert caught.value.details == {"key": "nothing/here.png"}


def test_what_was_deleted_is_gone_and_nothing_else_is(store):
    for key in ("shots/a.jpg", "shots/a-alpha.png", "shots/ab.jpg"):
        store.put(key, b"x", "image/jpeg")
    store.delete(["shots/a.jpg", "shots/a-alpha.png"])
    for key in ("shots/a.jpg", "shots/a-alpha.png"):
        with pytest.raises(NotFound):
            store.get(key)
    assert store.get("shots/ab.jpg") == b"x"


def test_delete_of_what_is_not_there_does_nothing(store):
    store.put("folder/a.txt", b"a", "text/plain")
    store.delete(["nothing/here.png", "folder", "folder/a.txt/b", "folder/b.txt"])
    assert store.get("folder/a.txt") == b"a"


def test_get_of_a_folder_is_not_found(store):
    store.put("folder/a.txt", b"a", "text/plain")
    with pytest.raises(NotFound):
        store.get("folder")


MALFORMED = ["", "/", "a/", "/a", "a//b", "..", "a/../b", ".hidden", "a/.b", "a b", "a?b", "a%2e", "a\\b", "a\n", "é"]
TOO_LONG = ["a" * 201, "/".join(["a" * 100] * 6)]


@pytest.mark.parametrize("key", [*MALFORMED, *TOO_LONG])
def test_malformed_key_is_not_found_by_any_method(store, key):
    for call in (
        lambda: store.put(key, b"", "text/plain"),
        lambda: store.put_file(key, Path(__file__), "text/plain"),
        lambda: store.get(key),
        lambda: store.get_file(key, Path("never")),
        lambda: store.head(key),
        lambda: list(store.under(key or "/")),
        lambda: store.delete([key]),
        lambda: store.sign(key),
        lambda: store.sign_upload(key, "text/plain", 1),
        lambda: store.get_version(key),
        lambda: store.put_if(key, b"", None),
    ):
        with pytest.raises(NotFound, match="no blob has that key"):
            call()


def test_longest_key_works(store):
    key = "/".join(["a" * 200, "b" * 200, "c" * (MAX_KEY_LENGTH - 402)])
    store.put(key, b"x", "text/plain")
    assert store.get(key) == b"x"


@pytest.mark.parametrize(
    ("key", "media_type"), [("a/b.jpg", "image/jpeg"), ("c.webp", "image/webp"), ("d", "application/octet-stream")]
)
def test_signed_address_answers_the_file_with_its_media_type(store, key, media_type):
    store.put(key, b"the bytes", media_type)
    answer = httpx.get(store.sign(key).url)
    assert (answer.status_code, answer.content) == (200, b"the bytes")
    assert answer.headers["content-type"] == media_type


#: Two parts of the smallest size that S3 allows, and a rest.
LARGE = (11 << 20) + 1


@pytest.mark.parametrize("size", [0, 100_000, LARGE], ids=["empty", "100 kB", "three parts"])
def test_file_that_was_put_comes_back(store, tmp_path, size):
    content = np.random.default_rng(size).bytes(size)
    (tmp_path / "in").write_bytes(content)
    stored = store.put_file("models/a.bin", tmp_path / "in", "application/octet-stream")
    assert (stored.size_bytes, stored.sha256) == (size, hashlib.sha256(content).hexdigest())
    store.get_file("models/a.bin", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == content
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["in", "out"]


def test_get_file_of_a_missing_key_is_not_found_and_leaves_no_file(store, tmp_path):
    with pytest.raises(NotFound):
        store.get_file("nothing/here.bin", tmp_path / "out")
    assert not list(tmp_path.glob("*out*"))


def test_head_tells_size_and_time(store):
    store.put("a/b.txt", b"hello", "text/plain")
    found = store.head("a/b.txt")
    assert (found.key, found.size_bytes) == ("a/b.txt", 5)
    assert abs(found.modified_at_s - time.time()) < 600


@pytest.mark.parametrize("key", ["a/c.txt", "a"], ids=["missing", "folder"])
def test_head_of_what_is_no_file_is_not_found(store, key):
    store.put("a/b.txt", b"hello", "text/plain")
    with pytest.raises(NotFound):
        store.head(key)


def test_folder_lists_what_is_under_it_and_nothing_beside_it(store):
    for key in ("a/b.txt", "a/c/d.txt", "ab.txt", "a-b/c.txt"):
        store.put(key, b"hello", "text/plain")
    assert {(each.key, each.size_bytes) for each in store.under("a")} == {("a/b.txt", 5), ("a/c/d.txt", 5)}
    assert len(list(store.under(""))) == 4
    assert not list(store.under("b"))


def test_what_was_put_is_listed_and_what_was_deleted_is_not(store):
    store.put("a/b.txt", b"hello", "text/plain")
    store.put("a/c.txt", b"hello", "text/plain")
    store.delete(["a/b.txt"])
    assert [each.key for each in store.under("a")] == ["a/c.txt"]


def test_past_deadline_ends_every_call(store, tmp_path):
    store.put("a.txt", b"kept", "text/plain")
    late = Deadline(time.time() - 1)
    for call in (
        lambda: store.put("a.txt", b"late", "text/plain", late),
        lambda: store.put_file("a.txt", Path(__file__), "text/plain", late),
        lambda: store.get("a.txt", late),
        lambda: store.get_file("a.txt", tmp_path / "out", late),
        lambda: store.head("a.txt", late),
        lambda: list(store.under("", late)),
        lambda: store.delete(["a.txt"], late),
        lambda: store.put_if("a.txt", b"late", None, late),
    ):
        with pytest.raises(DeadlineExceeded):
            call()
    assert store.get("a.txt") == b"kept"


def test_signed_upload_takes_the_file_it_was_made_for(store):
    upload = store.sign_upload("in/a.png", "image/png", 9)
    answer = httpx.put(upload.url, content=b"the bytes", headers=upload.headers)
    assert answer.status_code == 200
    assert store.get("in/a.png") == b"the bytes"


@pytest.mark.parametrize("change", [{"Content-Type": "text/html"}, {"Content-Length": "3"}], ids=["type", "size"])
def test_signed_upload_takes_no_other_file(store, change):
    upload = store.sign_upload("in/a.png", "image/png", 9)
    content = b"the bytes"[: int(change.get("Content-Length", 9))]
    if isinstance(store, S3Blobs):  # both servers take anything; S3 itself refuses where a signed header differs
        assert "content-length%3Bcontent-type%3B" in upload.url
    else:
        assert httpx.put(upload.url, content=content, headers={**upload.headers, **change}).status_code == 403


def test_first_conditional_write_wins(versioned):
    version = versioned.put_if("a.json", b"first", None)
    assert version is not None
    assert versioned.put_if("a.json", b"second", None) is None
    assert versioned.get_version("a.json") == Versioned(b"first", version)


def test_conditional_write_needs_the_current_version(versioned):
    old = versioned.put_if("a.json", b"first", None)
    new = versioned.put_if("a.json", b"second", old)
    assert new not in (None, old)
    assert versioned.put_if("a.json", b"third", old) is None
    assert versioned.get_version("a.json").data == b"second"


def test_conditional_write_of_what_is_gone_is_lost(versioned):
    version = versioned.put_if("a.json", b"first", None)
    versioned.delete(["a.json"])
    assert versioned.put_if("a.json", b"second", version) is None
    assert versioned.get_version("a.json") is None


def test_lease_of_many_at_once_has_one_holder(versioned):
    leases = Leases(versioned, ttl_s=60)
    with ThreadPoolExecutor(8) as pool:
        held = [lease for lease in pool.map(lambda _: leases.acquire("build"), range(16)) if lease]
    assert len(held) == 1
    assert leases.renew(held[0]).token == held[0].token


def test_signed_address_does_not_open_another_key(store):
    for key in ("mine.txt", "other.txt"):
        store.put(key, b"x", "text/plain")
    tampered = store.sign("mine.txt").url.replace("mine.txt", "other.txt")
    assert httpx.get(store.sign("other.txt").url).status_code == 200
    if isinstance(store, LocalBlobs):  # neither of the servers checks signatures as S3 does
        assert httpx.get(tampered).status_code == 403


@given(key=st.text(max_size=40), stored=st.binary(max_size=100))
def test_any_text_is_either_a_key_that_keeps_its_bytes_or_not_found(tmp_path_factory, key, stored):
    root = tmp_path_factory.mktemp("blobs", numbered=True)
    store = LocalBlobs(root / "in", Signature(b"k" * 32), "http://127.0.0.1", 60)
    try:
        store.put(key, stored, "text/plain")
    except NotFound:
        pass
    else:
        assert store.get(key) == stored
    assert [path.name for path in root.iterdir()] in ([], ["in"])
