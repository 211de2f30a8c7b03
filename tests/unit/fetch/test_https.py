import asyncio

import pytest

from services.common.deadline import Deadline
from services.common.errors import DeadlineExceeded, InvalidInput, TooLarge, UnsupportedMedia
from services.common.settings import FetchSettings
from services.fetch.https import HttpsFetcher
from tests.support.tls_files import TlsFiles

PHOTO = bytes(range(256)) * 8
LIMIT = len(PHOTO)


@pytest.fixture
def server():
    with TlsFiles(PHOTO, "photos.example") as files:
        files.headers = {"Content-Type": "image/jpeg"}
        yield files


@pytest.fixture
def fetcher(server):
    return fetcher_of(server)


def fetcher_of(server, max_bytes=LIMIT, tls=True, **settings):
    async def resolve(host, port):
        return ["127.0.0.1"]

    settings = FetchSettings(trusted_hosts=[f"photos.example:{server.port}"], **settings)
    return HttpsFetcher(settings, max_bytes, server.trust if tls else None, resolve)


async def test_photo_is_fetched(server, fetcher):
    assert await fetcher.fetch(server.url) == PHOTO


async def test_nothing_of_ours_is_sent(server, fetcher, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    server.headers |= {"Set-Cookie": "id=1"}
    for _ in range(2):
        await fetcher.fetch(server.url)
    for sent in server.requests:
        assert set(sent) == {"Host", "User-Agent", "Accept", "Accept-Encoding"}
        assert sent["Host"] == f"photos.example:{server.port}"


async def test_certificate_of_another_name_is_refused():
    with TlsFiles(PHOTO, "other.example") as server:
        with pytest.raises(InvalidInput, match="does not answer properly"):
            await fetcher_of(server).fetch(f"https://photos.example:{server.port}/file")
        assert server.requests == []


async def test_certificate_that_nobody_vouches_for_is_refused(server):
    with pytest.raises(InvalidInput, match="does not answer properly"):
        await fetcher_of(server, tls=False).fetch(server.url)
    assert server.requests == []


@pytest.mark.parametrize("tells_length", [True, False], ids=["length told", "length not told"])
async def test_photo_beyond_the_limit_is_too_large(server, tells_length):
    server.tells_length = tells_length
    with pytest.raises(TooLarge) as caught:
        await fetcher_of(server, max_bytes=LIMIT - 1).fetch(server.url)
    assert caught.value.details["limit"] == LIMIT - 1


async def test_large_answer_is_refused_by_what_it_tells_before_it_is_read(server):
    server.stalls = True
    with pytest.raises(TooLarge):
        await fetcher_of(server, max_bytes=10).fetch(server.url)


async def test_answer_that_stalls_ends_with_the_fetch_s_own_time(server):
    server.stalls = True
    with pytest.raises(InvalidInput, match="did not arrive"):
        await fetcher_of(server, timeout_s=0.3).fetch(server.url)


async def test_answer_that_stalls_ends_with_the_requests_deadline(server, fetcher):
    server.stalls = True
    with pytest.raises(DeadlineExceeded):
        async with Deadline.after(0.3).limit():
            await fetcher.fetch(server.url)


async def test_answer_that_breaks_off_is_told(server, fetcher):
    server.cuts = 1
    with pytest.raises(InvalidInput, match="does not answer properly"):
        await fetcher.fetch(server.url)


@pytest.mark.parametrize("status", [204, 206, 401, 404, 500])
async def test_answer_without_a_file_is_told(server, fetcher, status):
    server.statuses = [status]
    with pytest.raises(InvalidInput, match=f"status {status}"):
        await fetcher.fetch(server.url)


@pytest.mark.parametrize("kind", ["text/html", "application/json", "video/mp4", "multipart/x-mixed-replace"])
async def test_what_says_it_is_no_image_is_not_read(server, fetcher, kind):
    server.headers = {"Content-Type": kind}
    with pytest.raises(UnsupportedMedia):
        await fetcher.fetch(server.url)


@pytest.mark.parametrize("kind", ["application/octet-stream", "binary/octet-stream", "IMAGE/PNG; q=1"])
async def test_stores_that_do_not_know_what_they_hold_are_believed(server, fetcher, kind):
    server.headers = {"Content-Type": kind}
    assert await fetcher.fetch(server.url) == PHOTO


async def test_compressed_answer_is_refused(server, fetcher):
    server.headers |= {"Content-Encoding": "gzip"}
    with pytest.raises(UnsupportedMedia, match="compressed"):
        await fetcher.fetch(server.url)


async def test_redirect_is_followed(server, fetcher):
    server.statuses, server.redirect_to = [], "/other"
    with pytest.raises(InvalidInput, match="more than 3 times"):
        await fetcher.fetch(server.url)
    assert len(server.requests) == 4


async def test_error_names_no_host(fetcher, server):
    server.statuses = [500]
    with pytest.raises(InvalidInput) as caught:
        await fetcher.fetch(server.url + "?token=secret")
    assert "secret" not in caught.value.message
    assert "photos" not in caught.value.message


async def test_many_fetches_at_once_do_not_mix(server, fetcher):
    assert await asyncio.gather(*(fetcher.fetch(server.url) for _ in range(8))) == [PHOTO] * 8
