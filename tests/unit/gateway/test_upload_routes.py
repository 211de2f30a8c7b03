"""Uploads to signed addresses: nothing but the file that one was signed for."""

import httpx
import pytest

from tests.support.gateway_parts import PUBLIC_URL, Parts
from tests.support.problems import problem_of


@pytest.fixture
def parts(tmp_path):
    return Parts(tmp_path)


@pytest.fixture
def anyone(parts):
    """A caller from elsewhere, with nothing but an address."""
    transport = httpx.ASGITransport(parts.http_app(), client=("203.0.113.9", 4000))
    return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)


async def test_upload_takes_the_file_that_its_address_was_signed_for(parts, anyone):
    upload = parts.store.sign_upload("inputs/a.png", "image/png", 5)
    answer = await anyone.put(upload.url, content=b"photo", headers=upload.headers)
    assert answer.status_code == 200
    assert parts.store.get("inputs/a.png") == b"photo"


@pytest.mark.parametrize(
    ("key", "content", "kind"),
    [("a.png", b"photos", "image/png"), ("a.png", b"photo", "text/html"), ("b.png", b"photo", "image/png")],
    ids=["another size", "another type", "another key"],
)
async def test_upload_of_another_file_is_forbidden(parts, anyone, key, content, kind):
    upload = parts.store.sign_upload("inputs/a.png", "image/png", 5)
    url = upload.url.replace("a.png", key)
    problem = problem_of(await anyone.put(url, content=content, headers={"Content-Type": kind}))
    assert problem["code"] == "forbidden"
    assert not list(parts.store.under(""))


async def test_upload_without_a_length_is_refused(parts, anyone):
    async def chunks():
        yield b"photo"

    upload = parts.store.sign_upload("inputs/a.png", "image/png", 5)
    answer = await anyone.put(upload.url, content=chunks(), headers={"Content-Type": "image/png"})
    assert problem_of(answer)["details"]["field"] == "content-length"


async def test_address_for_reading_does_not_write(parts, anyone):
    parts.store.put("shots/a.png", b"first", "image/png")
    answer = await anyone.put(
        parts.store.sign("shots/a.png").url, content=b"other", headers={"Content-Type": "image/png"}
    )
    assert problem_of(answer)["code"] == "forbidden"
    assert parts.store.get("shots/a.png") == b"first"
