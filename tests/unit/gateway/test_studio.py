"""StudioService without a transport: results are handed out, streams end cleanly, overload is refused."""

import asyncio
import threading

import pytest

from services.api.common import OutputOptions
from services.api.studio import CreateCutoutRequest, CreateShotRequest, ReadBlobRequest, StreamShotRequest
from services.common.errors import DeadlineExceeded, NotFound, NotReady, Overloaded, StorageUnavailable
from services.gateway.admission import Admission
from services.gateway.studio import CHUNK_BYTES, Studio
from services.postprocess.preservation.thresholds import criterion_of
from services.storage.local import LocalBlobs
from services.storage.signature import Signature
from services.tenants.content import ContentPolicy
from services.workflow.content import ContentGuard
from tests.support.gateway_parts import PUBLIC_URL, Parts, call

JPEG = b"\xff\xd8"


@pytest.fixture
def parts(tmp_path):
    return lambda **options: Parts(tmp_path, **options)


@pytest.fixture
def shot(photo):
    return CreateShotRequest(image={"content": photo}, scene_id="white", seed=1)


async def test_result_has_an_address_and_when_it_ends(parts, shot):
    answer = await parts().studio.create_shot(shot, call())
    assert answer.image.url.startswith(f"{PUBLIC_URL}/v1/blobs/{answer.image.key}?")
    assert answer.image.expire_time.endswith("Z")
    assert answer.image.content == b""


async def test_result_travels_inline_when_asked_for_and_small_enough(parts, photo):
    request = CreateCutoutRequest(image={"content": photo}, output={"inline": True})
    made = parts()
    answer = await made.studio.create_cutout(request, call())
    assert answer.image.content == made.store.get(answer.image.key)
    tight = parts(limits={"inline_bytes": len(answer.image.content) - 1})
    assert (await tight.studio.create_cutout(request, call())).image.content == b""


async def test_nothing_is_made_before_every_stage_is_warm(parts, shot):
    made = parts(faults={"generate": NotReady("starting")})
    with pytest.raises(NotReady, match="generate"):
        await made.studio.create_shot(shot, call())
    assert made.fakes.requests == {}


async def test_stream_tells_stages_then_the_shot(parts, shot):
    messages = [each async for each in parts().studio.stream_shot(StreamShotRequest(shot=shot), call())]
    assert all(each.stage for each in messages[:-1])
    assert messages[-1].shot.image.key.startswith("shots/local/id-1-")


async def test_stream_tells_steps_and_the_previews_asked_for(parts, shot):
    request = StreamShotRequest(shot=shot.model_copy(update={"steps": 3}), preview_every=3)
    stream = parts(draws=True).studio.stream_shot(request, call())
    steps = [each.step async for each in stream if each.step]
    assert [(each.step, each.preview[:2]) for each in steps] == [(1, b""), (2, b""), (3, JPEG)]


async def test_stream_ends_with_the_error(parts, shot):
    made = parts(faults={"postprocess": StorageUnavailable("away")})
    stream = made.studio.stream_shot(StreamShotRequest(shot=shot), call())
    told = [(await anext(stream)).stage for _ in range(9)]
    assert (told[-1].stage, told[-1].state) == ("POSTPROCESS", "STARTED")
    with pytest.raises(StorageUnavailable):
        await anext(stream)


async def test_leaving_a_stream_stops_the_work(parts, shot):
    made = parts(slow={"segment": asyncio.Event()})
    stream = made.studio.stream_shot(StreamShotRequest(shot=shot), call())
    await anext(stream)
    await made.fakes.reached("segment")
    await stream.aclose()
    await asyncio.sleep(0)
    assert made.fakes.cancelled == ["segment"]


async def test_requests_beyond_the_seats_are_refused(parts, shot):
    made = parts(limits={"max_running": 1, "max_waiting": 0}, slow={"segment": asyncio.Event()})
    first = asyncio.create_task(made.studio.create_shot(shot, call()))
    await made.fakes.reached("segment")
    with pytest.raises(Overloaded):
        await made.studio.create_shot(shot, call("id-2"))
    first.cancel()
    await asyncio.wait([first])


async def test_waiting_for_a_place_is_part_of_the_requests_time(parts, shot):
    made = parts(limits={"max_running": 1, "max_waiting": 1}, slow={"segment": asyncio.Event()})
    first = asyncio.create_task(made.studio.create_shot(shot, call()))
    await made.fakes.reached("segment")
    with pytest.raises(DeadlineExceeded):
        await made.studio.create_shot(shot.model_copy(update={"timeout": 0.05}), call("id-2"))
    first.cancel()
    await asyncio.wait([first])


async def test_blob_is_read_in_chunks(parts):
    made = parts()
    content = bytes(range(256)) * 5000
    made.store.put("shots/local/a.png", content, "image/png")
    chunks = [each async for each in made.studio.read_blob(ReadBlobRequest(key="shots/local/a.png"), call())]
    assert b"".join(each.chunk for each in chunks) == content
    assert [len(each.chunk) for each in chunks] == [CHUNK_BYTES, len(content) - CHUNK_BYTES]
    assert {(each.size_bytes, each.media_type) for each in chunks} == {(len(content), "image/png")}


async def test_blob_of_another_tenant_is_not_found_like_one_that_nobody_has(parts, shot):
    made = parts()
    key = (await made.studio.create_shot(shot, call(tenant="acme"))).image.key
    said = set()
    for wrong in (key, key.replace("acme", "nobody"), key.replace("acme", "acm"), f"shots/other/../{key[6:]}"):
        with pytest.raises(NotFound) as caught:
            await anext(made.studio.read_blob(ReadBlobRequest(key=wrong), call(tenant="other")))
        said.add((caught.value.message, *caught.value.details.values()))
    assert ("no blob has that key", "key") in said
    assert await anext(made.studio.read_blob(ReadBlobRequest(key=key), call(tenant="acme")))


@pytest.mark.parametrize("key", ["", "shots", "other/a.png", "shots/../other/a.png", "shots/none.png", "/shots/a.png"])
async def test_only_results_are_read(parts, key):
    made = parts()
    made.store.put("other/a.png", b"secret", "image/png")
    with pytest.raises(NotFound):
        await made.studio.read_result(key)


async def test_layers_are_handed_out_as_the_picture_is(parts, shot):
    made = parts()
    request = shot.model_copy(update={"layers": ["SHADOW", "ALPHA"], "output": OutputOptions(inline=True)})
    answer = await made.studio.create_shot(request, call())
    assert [layer.name for layer in answer.layers] == ["SHADOW", "ALPHA"]
    for layer in answer.layers:
        assert layer.blob.key.startswith(answer.image.key.removesuffix(".jpg"))
        assert layer.blob.url.startswith(f"{PUBLIC_URL}/v1/blobs/{layer.blob.key}?")
        assert layer.blob.content == made.store.get(layer.blob.key)
        assert (await made.studio.read_result(layer.blob.key))[1] == "image/png"


async def test_files_travel_inline_as_long_as_all_together_are_small_enough(parts, shot):
    request = shot.model_copy(update={"layers": ["SHADOW", "ALPHA"], "output": OutputOptions(inline=True)})
    room = (await parts().studio.create_shot(shot, call())).image.size_bytes + len("SHADOW")
    answer = await parts(limits={"inline_bytes": room}).studio.create_shot(request, call())
    assert answer.image.content
    assert [layer.blob.content for layer in answer.layers] == [b"SHADOW", b""]


async def test_tenant_decides_what_passes(parts, shot):
    tenants = {"local": {"structure": 0.5}, "strict": {"structure": 1}}
    made = parts(preservation={"tenants": tenants})
    for tenant, asked in (("local", 0.5), ("strict", 1)):
        await made.studio.create_shot(shot, call(tenant=tenant))
        assert made.fakes.requests["postprocess"].thresholds.of(criterion_of("structure")) == asked


class Addressless(LocalBlobs):
    """Signs one address, and then can't any more; told to, it can't remove anything either."""

    def __init__(self, *args, removes=True):
        super().__init__(*args)
        self._left = 1
        self._removes = removes

    def sign(self, key):
        if not self._left:
            raise StorageUnavailable("no more addresses")
        self._left -= 1
        return super().sign(key)

    def delete(self, keys):
        if not self._removes:
            raise StorageUnavailable("nothing is removed")
        super().delete(keys)


def over(made, store):
    """The studio of the parts, handing out from another view of their store."""
    content = ContentGuard(ContentPolicy(0.8), store)
    creations, inline_bytes = made.tenancy.creations, made.limits.inline_bytes
    return Studio(made.workflow, store, Admission(1, 1), made.readiness, creations, content, inline_bytes)


def addressless(directory, **options):
    return Addressless(directory / "blobs", Signature(b"k" * 32), PUBLIC_URL, 60, **options)


def files_in(directory):
    return [path for path in (directory / "blobs").rglob("*") if path.is_file()]


async def test_shot_that_can_not_be_handed_out_leaves_no_files(parts, shot, tmp_path):
    made = parts()
    request = shot.model_copy(update={"layers": ["SHADOW", "ALPHA"]})
    with pytest.raises(StorageUnavailable, match="addresses"):
        await over(made, addressless(tmp_path)).create_shot(request, call())
    assert "postprocess" in made.fakes.requests
    assert files_in(tmp_path) == []


async def test_cutout_that_can_not_be_handed_out_leaves_no_files(parts, photo, tmp_path):
    made, store = parts(), addressless(tmp_path)
    store.sign("cutouts/another.png")
    with pytest.raises(StorageUnavailable, match="addresses"):
        await over(made, store).create_cutout(CreateCutoutRequest(image={"content": photo}), call())
    assert files_in(tmp_path) == []


async def test_files_that_stay_behind_do_not_hide_why_there_is_no_answer(parts, shot, tmp_path):
    store = addressless(tmp_path, removes=False)
    with pytest.raises(StorageUnavailable, match="addresses"):
        await over(parts(), store).create_shot(shot.model_copy(update={"layers": ["ALPHA"]}), call())
    assert len(files_in(tmp_path)) == 2


async def test_request_that_ends_while_it_is_handed_out_leaves_no_files(parts, shot, tmp_path):
    made, store = parts(), addressless(tmp_path)
    begun, held, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()
    store.sign = lambda key: loop.call_soon_threadsafe(begun.set) and held.wait()
    work = asyncio.create_task(over(made, store).create_shot(shot, call()))
    await begun.wait()
    assert files_in(tmp_path)
    work.cancel()
    await asyncio.wait([work])
    held.set()
    assert work.cancelled()
    assert files_in(tmp_path) == []


async def test_files_stay_for_a_caller_who_can_ask_again(parts, shot, tmp_path):
    made = parts()
    request = shot.model_copy(update={"layers": ["ALPHA"]})
    with pytest.raises(StorageUnavailable, match="addresses"):
        await over(made, addressless(tmp_path)).create_shot(request, call(idempotency_key="k"))
    again = await made.studio.create_shot(request, call(idempotency_key="k"))
    assert len(made.fakes.seeds) == 1
    assert made.store.get(again.image.key)
