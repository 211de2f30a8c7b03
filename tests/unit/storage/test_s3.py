"""What the contract test can't show over a store that works: what is sent, and how failures are told."""

import http.server
import pickle
import socket
import threading
from urllib.parse import parse_qs, urlsplit

import pytest

from services.common.errors import NotFound, StorageUnavailable
from services.common.storage_settings import S3Settings
from services.storage.s3 import S3Blobs


class FailingStore:
    """An S3 endpoint that answers every call with one status and body, and remembers the paths asked for."""

    def __init__(self, status, body=b""):
        store = self
        self.paths = []
        self.headers = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # botocore waits a second for the "100 Continue" that 1.0 lacks

            def answer(self):
                store.paths.append(self.path)
                store.headers.append(self.headers)
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = answer  # noqa: N815 - the base class looks these names up

            def log_message(self, format, *args):  # noqa: A002 - the base class names it so
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def open_blobs(endpoint_url, **changes):
    fields = {"bucket": "shots", "access_key_id": "id", "secret_access_key": "hush", "timeout_s": 2, "max_attempts": 1}
    return S3Blobs(S3Settings(endpoint_url=endpoint_url, **(fields | changes)), url_ttl_s=60)


def error_body(code):
    return f"<Error><Code>{code}</Code><Message>bucket of example.internal</Message></Error>".encode()


def test_missing_key_is_not_found():
    with FailingStore(404, error_body("NoSuchKey")) as store, pytest.raises(NotFound):
        open_blobs(store.url).get("a.png")


@pytest.mark.parametrize(("status", "code"), [(404, "NoSuchBucket"), (403, "AccessDenied"), (500, "InternalError")])
def test_other_refusals_are_storage_unavailable_without_the_stores_words(status, code):
    with FailingStore(status, error_body(code)) as store, pytest.raises(StorageUnavailable) as caught:
        open_blobs(store.url).get("a.png")
    assert caught.value.message == f"the blob store refused ({code})"
    assert caught.value.__cause__ is not None


def test_failures_that_may_pass_are_repeated_a_bounded_number_of_times():
    with FailingStore(503, error_body("SlowDown")) as store, pytest.raises(StorageUnavailable):
        open_blobs(store.url, max_attempts=2).get("a.png")
    assert len(store.paths) == 2


def test_closed_port_is_storage_unavailable_without_its_address():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(StorageUnavailable) as caught:
        open_blobs(f"http://127.0.0.1:{port}").put("a.png", b"x", "image/png")
    assert "127.0.0.1" not in caught.value.message


def test_answer_cut_short_is_storage_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_half():
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            connection.close()

        threading.Thread(target=answer_half, daemon=True).start()
        with pytest.raises(StorageUnavailable):
            open_blobs(f"http://127.0.0.1:{listener.getsockname()[1]}").get("a.png")


@pytest.mark.parametrize("prefix", ["studio/2026", "/studio/2026/"], ids=["plain", "with slashes"])
def test_keys_lie_under_the_prefix_with_path_style(prefix):
    with FailingStore(200) as store:
        open_blobs(store.url, prefix=prefix).put("a/b.png", b"", "image/png")
    assert store.paths == ["/shots/studio/2026/a/b.png"]


def test_address_without_an_endpoint_names_the_bucket_as_host():
    url = urlsplit(open_blobs("", region="eu-central-1").sign("a.png").url)
    assert url.hostname.startswith("shots.")
    assert url.path == "/a.png"


def test_addressing_can_be_told():
    own_host = open_blobs("http://store.example:9000", addressing="virtual").sign("a.png").url
    assert urlsplit(own_host).hostname == "shots.store.example"
    assert urlsplit(open_blobs("", addressing="path").sign("a.png").url).path == "/shots/a.png"


KMS = {"encryption": "aws:kms", "kms_key_id": "key-1"}


@pytest.mark.parametrize(
    ("settings", "sent"),
    [({}, (None, None)), ({"encryption": "AES256"}, ("AES256", None)), (KMS, ("aws:kms", "key-1"))],
    ids=["the bucket's own", "AES256", "KMS"],
)
def test_encryption_goes_with_every_write(tmp_path, settings, sent):
    (tmp_path / "a").write_bytes(b"x")
    with FailingStore(200) as store:
        blobs = open_blobs(store.url, **settings)
        blobs.put("a.png", b"x", "image/png")
        blobs.put_file("a.png", tmp_path / "a", "image/png")
    names = ("x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id")
    assert [tuple(each.get(name) for name in names) for each in store.headers] == [sent, sent]


def test_signed_upload_signs_type_size_and_encryption():
    upload = open_blobs("http://store.example", **KMS).sign_upload("a.png", "image/png", 5)
    signed = parse_qs(urlsplit(upload.url).query)["X-Amz-SignedHeaders"][0].split(";")
    assert set(signed) == {"host", *(name.lower() for name in upload.headers)}
    assert upload.headers["Content-Length"] == "5"


def test_key_without_its_kind_of_encryption_is_refused():
    with pytest.raises(ValueError, match="kms_key_id"):
        S3Settings(kms_key_id="key-1")


def test_secrets_show_nowhere():
    blobs = open_blobs("http://127.0.0.1:1")
    assert "hush" not in repr(blobs)
    assert "hush" not in blobs.sign("a.png").url
    with pytest.raises(StorageUnavailable) as caught:
        blobs.get("a.png")
    assert b"hush" not in pickle.dumps(caught.value)
