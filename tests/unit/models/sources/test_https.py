import pytest

from services.common.errors import ModelUnavailable
from services.models.sources.https import HttpsSource
from tests.support.tls_files import TlsFiles

CONTENT = bytes(range(251)) * 4000
SIZE = len(CONTENT)


@pytest.fixture
def server():
    with TlsFiles(CONTENT) as running:
        yield running


@pytest.fixture
def target(tmp_path):
    return tmp_path / "part"


def fetch(server, target, size_bytes=SIZE, url=None, attempts=2):
    seen = []
    source = HttpsSource(url or server.url, server.trust, timeout_s=5, attempts=attempts, pause_s=0.01)
    source.fetch(target, size_bytes, lambda done, _: seen.append(done))
    return seen


def test_file_is_downloaded_with_progress(server, target):
    seen = fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert seen[-1] == len(CONTENT)


def test_download_goes_on_where_the_server_cut_it(server, target):
    server.cuts = 1
    fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert server.requests[1]["Range"] == f"bytes={server.cut_after}-"
    assert server.requests[1]["If-Range"] == server.etag


def test_download_goes_on_as_long_as_every_try_brings_something(server, target):
    server.cuts, server.cut_after = 6, len(CONTENT) // 10
    fetch(server, target, attempts=2)
    assert target.read_bytes() == CONTENT


def test_next_process_goes_on_where_the_last_one_stopped(server, target):
    server.cuts, server.statuses = 1, []
    with pytest.raises(ModelUnavailable):
        fetch(server, target, attempts=1)
    fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert "Range" in server.requests[-1]


def test_server_without_ranges_sends_everything_again(server, target):
    server.cuts, server.ranges = 1, False
    fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_file_that_changed_in_between_starts_anew(server, target):
    server.cuts = 1
    with pytest.raises(ModelUnavailable):
        fetch(server, target, attempts=1)
    server.content, server.etag = CONTENT[::-1], '"v2"'
    fetch(server, target)
    assert target.read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize("etag", ["", 'W/"v1"'])
def test_nothing_is_resumed_without_a_strong_validator(server, target, etag):
    server.cuts, server.etag = 1, etag
    fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert "Range" not in server.requests[1]


def test_file_that_is_longer_than_it_should_be_is_refused(server, target):
    with pytest.raises(ModelUnavailable, match=f"has {len(CONTENT)} bytes"):
        fetch(server, target, size_bytes=SIZE - 1)
    assert not target.exists()


def test_file_that_is_shorter_than_it_should_be_is_refused(server, target):
    with pytest.raises(ModelUnavailable, match="wanted are"):
        fetch(server, target, size_bytes=SIZE + 1)


def test_busy_server_is_asked_again(server, target):
    server.statuses = [503]
    fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_missing_file_is_told_at_once(server, target):
    server.statuses = [404]
    with pytest.raises(ModelUnavailable, match="404"):
        fetch(server, target)
    assert len(server.requests) == 1


def test_redirect_within_https_is_followed(server, target):
    with TlsFiles(CONTENT) as other:
        other.redirect_to = server.url
        server.trust.load_verify_locations(cadata=other.ca_pem)
        fetch(server, target, url=other.url)
    assert target.read_bytes() == CONTENT


def test_redirect_to_plain_http_is_refused(server, target):
    server.redirect_to = server.url.replace("https", "http")
    with pytest.raises(ModelUnavailable, match="https only"):
        fetch(server, target)


def test_redirects_in_a_circle_end(server, target):
    server.redirect_to = server.url
    with pytest.raises(ModelUnavailable, match="redirects more than"):
        fetch(server, target)


def test_plain_http_is_refused(server, target):
    with pytest.raises(ModelUnavailable, match="https only"):
        fetch(server, target, url=server.url.replace("https", "http"))


def test_server_that_nobody_vouches_for_is_refused(server, target):
    with pytest.raises(ModelUnavailable, match="ConnectError") as refused:
        HttpsSource(server.url, attempts=1).fetch(target, len(CONTENT), lambda *_: None)
    assert "localhost" not in refused.value.message
