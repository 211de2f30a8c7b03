"""Addresses that take one file each."""

from urllib.parse import parse_qs, urlparse

import pytest

from services.api.uploads import CreateUploadRequest
from services.common.errors import Forbidden, InvalidInput, TooLarge, UnsupportedMedia
from services.gateway.uploads import Uploads
from services.storage.local import LocalBlobs
from services.storage.owner import require_source
from services.storage.signature import Signature
from tests.support.gateway_parts import call


@pytest.fixture
def store(tmp_path):
    return LocalBlobs(tmp_path, Signature(b"k" * 32), "http://testserver", 60)


@pytest.fixture
def upload(store):
    uploads = Uploads(store, max_photo_bytes=1000, max_list_bytes=5000, max_adapter_bytes=9000)

    def ask(media_type, size_bytes, tenant="acme"):
        return uploads.create_upload(
            CreateUploadRequest(media_type=media_type, size_bytes=size_bytes), call(tenant=tenant)
        )

    return ask


@pytest.mark.parametrize(
    ("media_type", "extension"),
    [("image/jpeg", "jpg"), ("image/heic", "heic"), ("image/tiff", "tiff"), ("text/csv", "csv"),
     ("application/jsonl", "jsonl")],
)  # fmt: skip
async def test_upload_is_the_tenants(upload, media_type, extension):
    first, second = await upload(media_type, 10), await upload(media_type, 10)
    assert first.key != second.key
    assert first.key.startswith("uploads/acme/")
    assert first.key.endswith(f".{extension}")
    assert first.expire_time
    require_source(first.key, "acme")


async def test_address_takes_the_one_file_that_was_told(upload, store):
    answer = await upload("image/png", 10)
    query = {name: values[0] for name, values in parse_qs(urlparse(answer.url).query).items()}
    signed = int(query["expires"]), query["signature"]
    assert {each.name: each.value for each in answer.headers} == {"Content-Type": "image/png", "Content-Length": "10"}
    store.verify_upload(answer.key, "image/png", 10, *signed)
    for other in (("image/jpeg", 10), ("image/png", 11)):
        with pytest.raises(Forbidden):
            store.verify_upload(answer.key, *other, *signed)


@pytest.mark.parametrize(
    ("media_type", "size_bytes", "error"),
    [
        ("text/html", 10, UnsupportedMedia),
        ("", 10, UnsupportedMedia),
        ("image/jpeg", 0, InvalidInput),
        ("image/jpeg", 1001, TooLarge),
        ("text/csv", 5001, TooLarge),
    ],
)
async def test_other_file_is_refused(upload, media_type, size_bytes, error):
    with pytest.raises(error) as caught:
        await upload(media_type, size_bytes)
    assert caught.value.details["field"] in ("media_type", "size_bytes")


async def test_list_may_be_larger_than_a_photo(upload):
    assert (await upload("text/csv", 5000)).url
