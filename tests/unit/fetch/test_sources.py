import asyncio

import pytest

from services.api.common import ImageSource
from services.api.studio import CreateCutoutRequest, CreateShotRequest, ProductSelection, Recolour
from services.common.deadline import Deadline
from services.common.errors import DeadlineExceeded, Forbidden, InvalidInput, NotFound, TooLarge
from services.common.settings import FetchSettings, Settings
from services.fetch.sources import Sources
from tests.support.memory_blobs import MemoryBlobs


class FakeHttp:
    """Answers an address's own text; "/slow" never, "/large" with a refusal."""

    def check(self, url):
        if "10.0.0.1" in url:
            raise InvalidInput("it is private")

    async def fetch(self, url):
        if url.endswith("/slow"):
            await asyncio.Event().wait()
        if url.endswith("/large"):
            raise TooLarge("it is large", limit=3)
        return url.encode()


class FakeBuckets:
    def check(self, url, tenant):
        if not url.startswith(f"s3://{tenant}/"):
            raise Forbidden("not there")

    def fetch(self, url, tenant, deadline):
        return f"{tenant} {url}".encode()


@pytest.fixture
def store():
    store = MemoryBlobs()
    store.files = {
        "shots/acme/a.jpg": b"a result",
        "uploads/acme/b.jpg": b"an upload",
        "url-signing.key": b"a secret",
        "leases/a.json": b"{}",
    }
    return store


@pytest.fixture
def sources(store):
    return Sources(FakeHttp(), FakeBuckets(), store)


async def content(sources, timeout_s=60, **image):
    request = CreateShotRequest(image=ImageSource(**image))
    return (await sources.fetched(request, "acme", Deadline.after(timeout_s))).image.content


async def test_photo_in_the_request_stays_as_it_is(sources):
    assert await content(sources, content=b"inline") == b"inline"


async def test_https_address_is_fetched(sources):
    assert await content(sources, url="https://a.example/x") == b"https://a.example/x"


async def test_s3_address_is_read_for_the_tenant(sources):
    assert await content(sources, url="s3://b/k") == b"acme s3://b/k"


async def test_key_of_a_result_is_read(sources):
    assert await content(sources, blob_key="shots/acme/a.jpg") == b"a result"


async def test_key_of_an_upload_is_read(sources):
    assert await content(sources, blob_key="uploads/acme/b.jpg") == b"an upload"


@pytest.mark.parametrize("key", ["url-signing.key", "leases/a.json", "shots/none.jpg", "shots"])
async def test_other_key_is_not_found(sources, key):
    with pytest.raises(NotFound):
        await content(sources, blob_key=key)


async def test_keep_mask_is_fetched_too(sources):
    mask = ProductSelection(keep_mask=ImageSource(url="https://a.example/mask"))
    request = CreateCutoutRequest(image=ImageSource(content=b"photo"), selection=mask)
    fetched = await sources.fetched(request, "acme", Deadline.after(60))
    assert fetched.selection.keep_mask == ImageSource(content=b"https://a.example/mask")
    assert fetched.image.content == b"photo"


async def test_mask_of_what_to_recolour_is_fetched_too(sources):
    recolour = Recolour(to="red", mask=ImageSource(url="https://a.example/mask"))
    request = CreateCutoutRequest(image=ImageSource(content=b"photo"), recolour=recolour)
    fetched = await sources.fetched(request, "acme", Deadline.after(60))
    assert fetched.recolour == Recolour(to="red", mask=ImageSource(content=b"https://a.example/mask"))


async def test_error_names_the_field_and_keeps_its_kind(sources):
    with pytest.raises(TooLarge) as caught:
        await content(sources, url="https://a.example/large")
    assert caught.value.message == "image.url: it is large"
    assert caught.value.details == {"limit": 3, "field": "image.url"}


async def test_address_that_does_not_answer_ends_with_the_deadline(sources):
    with pytest.raises(DeadlineExceeded):
        await content(sources, timeout_s=0.1, url="https://a.example/slow")


@pytest.mark.parametrize(
    "image", [{"url": "https://a.example/x"}, {"url": "s3://b/k"}, {"blob_key": "shots/acme/a.jpg"}]
)
async def test_workflow_without_sources_takes_files_alone(image):
    with pytest.raises((InvalidInput, NotFound)):
        await content(Sources(), **image)


async def test_settings_decide_what_is_fetched(tmp_path, store):
    settings = Settings(data_dir=tmp_path, fetch=FetchSettings(enabled=False))
    for url, told in (("https://a.example/x", "no addresses"), ("s3://b/k", "no bucket")):
        with pytest.raises(InvalidInput, match=told):
            await content(Sources.open(settings, store), url=url)


@pytest.mark.parametrize(
    "image",
    [{"content": b"x"}, {"url": "https://a.example/x"}, {"url": "s3://acme/k"}, {"blob_key": "uploads/acme/b.jpg"}],
)
def test_image_that_may_be_had_passes(sources, image):
    sources.check(CreateShotRequest(image=image), "acme")


@pytest.mark.parametrize(
    ("field", "request_", "kind"),
    [
        ("image.url", {"image": {"url": "https://10.0.0.1/x"}}, InvalidInput),
        ("selection.keep_mask.url", {"selection": {"keep_mask": {"url": "https://10.0.0.1/x"}}}, InvalidInput),
        ("recolour.mask.url", {"recolour": {"to": "red", "mask": {"url": "https://10.0.0.1/x"}}}, InvalidInput),
        ("reference.url", {"reference": {"url": "s3://b/k"}}, Forbidden),
        ("image.blob_key", {"image": {"blob_key": "uploads/other/b.jpg"}}, NotFound),
        ("image.blob_key", {"image": {"blob_key": "uploads/acme/../other/b.jpg"}}, NotFound),
        ("image.blob_key", {"image": {"blob_key": "url-signing.key"}}, NotFound),
    ],
)
def test_image_that_can_never_be_had_is_refused_before_anybody_is_asked(sources, field, request_, kind):
    with pytest.raises(kind) as caught:
        sources.check(CreateShotRequest.model_validate(request_), "acme")
    assert caught.value.details["field"] == field


def test_image_from_two_places_is_invalid():
    with pytest.raises(ValueError, match="one place; got content and url"):
        ImageSource(content=b"x", url="https://a.example/x")
