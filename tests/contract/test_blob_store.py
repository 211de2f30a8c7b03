"""Every blob store keeps the same promises: one set of tests, over the directory and over S3's protocol on a socket."""

import hashlib
import http.server
import threading
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer

from services.codecs.encode import encode_image
from services.common.errors import Forbidden, NotFound
from services.common.image import ImageFormat
from services.common.settings import S3Settings
from services.storage.blobs import MAX_KEY_LENGTH, BlobStore, media_type_of
from services.storage.local import LocalBlobs
from services.storage.s3 import S3Blobs
from services.storage.signature import Signature

CREDENTIALS = {"access_key_id": "id", "secret_access_key": "hush"}


@pytest.fixture(scope="session")
def s3_endpoint():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_blobs(s3_endpoint):
    settings = S3Settings(bucket="shots", prefix="studio", endpoint_url=s3_endpoint, **CREDENTIALS)
    httpx.put(f"{s3_endpoint}/shots").raise_for_status()
    yield S3Blobs(settings, url_ttl_s=60)
    httpx.post(f"{s3_endpoint}/moto-api/reset").raise_for_status()


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

        def log_message(self, format, *args):  # noqa: A002 - the base class names it so
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Route)
    blobs = LocalBlobs(tmp_path, Signature(b"k" * 32), f"http://127.0.0.1:{server.server_port}", url_ttl_s=60)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield blobs
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["local_blobs", "s3_blobs"], ids=["directory", "s3"])
def store(request) -> Iterator[BlobStore]:
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
        lambda: store.get(key),
        lambda: store.delete([key]),
        lambda: store.sign(key),
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


def test_signed_address_does_not_open_another_key(store):
    for key in ("mine.txt", "other.txt"):
        store.put(key, b"x", "text/plain")
    tampered = store.sign("mine.txt").url.replace("mine.txt", "other.txt")
    assert httpx.get(store.sign("other.txt").url).status_code == 200
    if isinstance(store, LocalBlobs):  # moto does not check signatures
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
