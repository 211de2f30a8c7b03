import pytest

from services.common.deadline import Deadline
from services.common.errors import Forbidden, InvalidInput, NotFound, StorageUnavailable, TooLarge
from services.fetch.bucket import BucketInputs
from services.storage.s3_connection import S3Connection
from tests.support.s3_servers import BUCKET, moto_server, settings_for

ALLOWED = {"acme": [f"{BUCKET}/acme", "elsewhere"], "all": [BUCKET], "none": []}


@pytest.fixture(scope="module")
def inputs():
    with moto_server() as endpoint:
        settings = settings_for(endpoint)
        client = S3Connection(settings).client
        for key in ("acme/a.jpg", "acme/\u00e9 b.jpg", "acme-secret/a.jpg", "top.jpg", "acme/large.jpg"):
            client.put_object(Bucket=BUCKET, Key=key, Body=b"x" * (11 if "large" in key else 10))
        yield BucketInputs(settings, ALLOWED, max_bytes=10)


def fetch(inputs, url, tenant="acme"):
    return inputs.fetch(url, tenant, Deadline.after(60))


@pytest.mark.parametrize("key", ["acme/a.jpg", "acme/\u00e9 b.jpg"], ids=["plain", "any text"])
def test_photo_in_the_tenants_folder_is_read(inputs, key):
    assert fetch(inputs, f"s3://{BUCKET}/{key}") == b"x" * 10


def test_whole_bucket_can_be_allowed(inputs):
    assert fetch(inputs, f"s3://{BUCKET}/top.jpg", "all") == b"x" * 10


@pytest.mark.parametrize(
    ("tenant", "key"),
    [
        ("acme", "top.jpg"),
        ("acme", "acme-secret/a.jpg"),
        ("none", "acme/a.jpg"),
        ("unknown", "acme/a.jpg"),
        ("", "top.jpg"),
    ],
)
def test_other_place_is_forbidden_whether_something_is_there_or_not(inputs, tenant, key):
    for each in (key, f"{key}-absent"):
        with pytest.raises(Forbidden, match="may not read from that place"):
            fetch(inputs, f"s3://{BUCKET}/{each}", tenant)


@pytest.mark.parametrize(
    "key",
    ["acme/../top.jpg", "acme/./a.jpg", "acme//a.jpg", "/acme/a.jpg", "acme/..", "acme/", "", "acme\\..\\top.jpg",
     "acme/a\n.jpg", "acme/" + "a" * 1024],
)  # fmt: skip
def test_key_that_some_reader_would_fold_is_invalid(inputs, key):
    with pytest.raises(InvalidInput):
        fetch(inputs, f"s3://{BUCKET}/{key}")


@pytest.mark.parametrize("url", [f"s3://{BUCKET}/acme/none.jpg", "s3://elsewhere/a.jpg"], ids=["object", "bucket"])
def test_what_is_not_there_is_not_found(inputs, url):
    with pytest.raises(NotFound):
        fetch(inputs, url)


def test_object_beyond_the_limit_is_too_large(inputs):
    with pytest.raises(TooLarge) as caught:
        fetch(inputs, f"s3://{BUCKET}/acme/large.jpg")
    assert caught.value.details == {"got": 11, "limit": 10}


def test_store_that_does_not_answer_is_storage_unavailable():
    inputs = BucketInputs(settings_for("http://127.0.0.1:1", max_attempts=1), ALLOWED, max_bytes=10)
    with pytest.raises(StorageUnavailable):
        fetch(inputs, f"s3://{BUCKET}/acme/a.jpg")
