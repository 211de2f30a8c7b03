"""The routes of OpenAI's callers, over stages that cut out the middle of the photo."""

import asyncio
import base64
import io

import numpy as np
import pytest
from PIL import Image

from tests.support.gateway_parts import Parts
from tests.support.photos import encoded, flat


@pytest.fixture
def edit(client, photo):
    async def post(*, made=None, files=None, **data):
        files = {"image": ("a.jpg", photo), **(files or {})}
        connected = client(made) if made else client()
        return await connected.post("/v1/images/edits", files=files, data={"prompt": "scene:marble", **data})

    return post


def opened(answer):
    [image] = answer.json()["data"]
    return Image.open(io.BytesIO(base64.b64decode(image["b64_json"])))


def error_of(answer):
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


async def test_edit_is_a_shot_in_the_scene(edit, parts):
    answer = await edit(size="320x400")
    assert opened(answer).size == (320, 400)
    assert parts.fakes.requests["generate"].scene_id == "marble"


async def test_words_beside_the_scene_are_what_is_drawn(edit, tmp_path):
    made = Parts(tmp_path, draws=True)
    assert (await edit(made=made, prompt="warm light scene:marble")).status_code == 200
    assert made.fakes.requests["generate"].drawing.prompt.endswith(", warm light")


async def test_words_are_refused_where_nothing_is_drawn_by_them(edit):
    error = error_of(await edit(prompt="warm light scene:marble"))
    assert error["param"] == "prompt"
    assert error["message"].startswith("prompt is for services that draw with a diffusion model")


async def test_each_of_several_has_a_seed_of_its_own(edit, parts):
    assert len((await edit(n="3")).json()["data"]) == 3
    assert len(set(parts.fakes.seeds)) == 3


async def test_transparent_edit_is_the_cutout(edit):
    answer = await edit(prompt="cut it out", background="transparent")
    assert opened(answer).getbbox() == (150, 100, 450, 300)
    assert answer.json()["background"] == "transparent"


async def test_transparent_edit_of_a_size_holds_the_whole_photo(edit):
    answer = await edit(prompt="cut it out", background="transparent", size="300x300")
    assert opened(answer).getbbox() == (75, 100, 225, 200)


async def test_cutout_in_a_frame_says_where_it_comes_from(edit):
    answer = await edit(prompt="cut it out", background="transparent", size="300x300")
    assert b"digitalsourcetype/algorithmicallyEnhanced" in opened(answer).info["xmp"]


@pytest.mark.parametrize("background", ["opaque", "transparent"])
async def test_address_leads_to_the_picture(edit, client, background):
    prompt = "scene:marble" if background == "opaque" else "cut it out"
    answer = await edit(prompt=prompt, response_format="url", background=background, output_format="webp")
    [image] = answer.json()["data"]
    assert (await client().get(image["url"])).headers["content-type"] == "image/webp"


async def test_mask_keeps_what_is_opaque(edit, parts):
    mask = np.zeros((400, 600, 4), np.uint8)
    mask[100:200, 100:200] = 255
    assert (await edit(files={"mask": ("m.png", encoded(mask, "PNG"))})).status_code == 200
    kept = parts.fakes.requests["segment"].selection.keep_mask
    assert (kept[150, 150], kept[50, 50]) == (255, 0)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (flat(400, 600), "transparent where"),
        (b"no image", "the mask can't be read"),
        (encoded(np.zeros((9, 60, 4), np.uint8), "PNG"), "the mask is 60 x 9"),
        (encoded(np.full((20, 20, 4), (0, 0, 0, 9), np.uint8), "PNG"), "the keep-mask is 20 x 20"),
    ],
    ids=["opaque", "text", "narrow", "of another size"],
)
async def test_faulty_mask_is_named(edit, mask, message):
    error = error_of(await edit(files={"mask": ("m.png", mask)}))
    assert error["param"] == "mask"
    assert message in error["message"]


async def test_prompt_without_a_scene_is_told_how_to_name_one(edit):
    error = error_of(await edit(prompt="on marble"))
    assert (error["param"], error["code"]) == ("prompt", "invalid_value")
    assert error["message"].endswith('A prompt names its scene as "scene:marble"')


async def test_generation_is_the_scene_alone(client, parts):
    answer = await client().post("/v1/images/generations", json={"prompt": "scene:forest", "n": 2, "model": "any"})
    assert (answer.json()["size"], len(answer.json()["data"])) == ("1024x1024", 2)
    assert set(parts.fakes.requests) == {"generate"}


async def test_generation_lies_at_its_address(client):
    body = {"prompt": "scene:white", "response_format": "url", "output_format": "jpeg", "size": "64x48"}
    answer = await client().post("/v1/images/generations", json=body)
    read = await client().get(answer.json()["data"][0]["url"])
    assert (read.headers["content-type"], Image.open(io.BytesIO(read.content)).size) == ("image/jpeg", (64, 48))


async def test_size_beyond_the_limit_is_refused(edit, client):
    for answer in (
        await edit(size="5000x64"),
        await client().post("/v1/images/generations", json={"prompt": "scene:white", "size": "5000x64"}),
    ):
        assert (answer.status_code, error_of(answer)["param"]) == (413, "size")


async def test_faults_of_ours_tell_nothing(edit, tmp_path):
    answer = await edit(made=Parts(tmp_path, faults={"generate": RuntimeError("secret")}))
    assert (answer.status_code, error_of(answer)["type"]) == (500, "server_error")
    assert "secret" not in answer.text


async def test_all_pictures_of_a_call_share_its_time(client, photo, tmp_path):
    hung = Parts(tmp_path, slow={"generate": asyncio.Event()}, limits={"default_timeout_s": 0.05})
    form = {"files": {"image": photo}, "data": {"prompt": "scene:white", "n": "2"}}
    for answer in (
        await client(hung).post("/v1/images/edits", **form),
        await client(hung).post("/v1/images/generations", json={"prompt": "scene:white"}),
    ):
        assert (answer.status_code, error_of(answer)["code"]) == (504, "timeout")


async def test_callers_from_elsewhere_are_refused(client, photo):
    for path, body in (("edits", {"files": {"image": photo}}), ("generations", {"json": {}})):
        answer = await client(peer="203.0.113.9").post(f"/v1/images/{path}", **body)
        assert (answer.status_code, error_of(answer)["code"]) == (401, "invalid_api_key")


async def test_pictures_of_one_call_are_each_made_once_under_its_key(client):
    caller, body = client(), {"prompt": "scene:white", "n": 2, "size": "64x64", "response_format": "url"}
    told = [
        (await caller.post("/v1/images/generations", json=body, headers={"Idempotency-Key": "k"})).json()["data"]
        for _ in range(2)
    ]
    first, again = [[each["url"].partition("?")[0] for each in data] for data in told]
    assert first == again
    assert len(set(first)) == 2


async def test_rate_is_told_to_other_services_clients_too(client):
    caller = client(tenants={"rate_per_s": 0.001, "burst_requests": 1})
    body = {"prompt": "scene:white", "size": "64x64"}
    good, refused = [await caller.post("/v1/images/generations", json=body) for _ in range(2)]
    assert (good.status_code, good.headers["ratelimit-remaining"]) == (200, "0")
    assert (refused.status_code, error_of(refused)["code"]) == (429, "rate_limit_exceeded")
