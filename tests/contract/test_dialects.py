"""Clients that were written for others, with nothing changed but an address and a key: over a real socket."""

import base64
import io
import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import httpx
import numpy as np
import openai
import pytest
import removebg.removebg as removebg_client
import requests
from PIL import Image

from services.common.errors import Overloaded
from services.gateway.compat.openai_request import EditRequest, GenerationRequest
from services.gateway.compat.removebg_request import RemoveBgRequest
from tests.support.gateway_parts import Parts
from tests.support.photos import encoded, flat
from tests.support.served import listening, served

PHOTO_SIZE = (600, 400)
#: Both clients want one.
KEY = "any"
PAGE = Path("docs/compat.md").read_text()


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with listening() as (listener, address):
        parts = Parts(tmp_path_factory.mktemp("service"), public_url=address)
        with served(parts.http_app(), listener):
            yield address


@pytest.fixture(scope="module")
def images(service):
    with openai.OpenAI(base_url=f"{service}/v1", api_key=KEY, max_retries=0) as client:
        yield client.images


@pytest.fixture
def remover(service, tmp_path, monkeypatch):
    monkeypatch.setattr(removebg_client, "API_ENDPOINT", f"{service}/v1.0/removebg")
    return removebg_client.RemoveBg(KEY, str(tmp_path / "errors.log"))


@pytest.fixture
def photo_file(photo, tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo)
    return path


def written_beside(path):
    return opened(path.with_name(f"{path.name}_no_bg.png").read_bytes())


def opened(content):
    return Image.open(io.BytesIO(content))


def decoded(image):
    return opened(base64.b64decode(image.b64_json))


def test_removebg_cuts_a_file_out(remover, photo_file):
    remover.remove_background_from_img_file(str(photo_file), size="full")
    cutout = written_beside(photo_file)
    assert (cutout.size, cutout.mode) == (PHOTO_SIZE, "RGBA")
    assert cutout.getchannel("A").getextrema() == (0, 255)


def test_removebg_takes_base64_and_makes_its_small_picture(remover, tmp_path):
    path = tmp_path / "cut.png"
    photo = base64.b64encode(flat(800, 1200)).decode()
    remover.remove_background_from_base64_img(photo, new_file_name=str(path))
    assert opened(path.read_bytes()).size == (612, 408)


def test_removebg_puts_a_colour_behind(remover, photo_file):
    remover.remove_background_from_img_file(str(photo_file), size="full", bg_color="00ff00")
    cutout = written_beside(photo_file)
    assert cutout.mode == "RGB"
    assert cutout.getpixel((0, 0)) == pytest.approx((0, 255, 0), abs=3)


def test_removebg_raises_what_is_no_photo(remover):
    with pytest.raises(requests.HTTPError) as refused:
        remover.remove_background_from_base64_img(base64.b64encode(b"no photo").decode())
    [error] = refused.value.response.json()["errors"]
    assert (refused.value.response.status_code, error["code"]) == (400, "invalid_file_type")


def test_openai_edits_into_a_scene(images, photo):
    answer = images.edit(image=("cup.jpg", photo), prompt="scene:marble", model="gpt-image-2", n=2, size="512x640")
    assert [decoded(each).size for each in answer.data] == [(512, 640)] * 2
    assert (answer.size, answer.output_format, answer.background) == ("512x640", "png", "opaque")
    assert abs(answer.created - time.time()) < 60


def test_openai_cuts_out_with_a_transparent_background(images, photo):
    answer = images.edit(image=photo, prompt="the cup alone", background="transparent", output_format="webp")
    cutout = decoded(answer.data[0])
    assert (cutout.format, cutout.mode, cutout.size) == ("WEBP", "RGBA", PHOTO_SIZE)


def test_openai_mask_keeps_what_is_opaque(images, photo):
    mask = np.zeros((400, 600, 4), np.uint8)
    mask[100:300, 150:450] = 255
    answer = images.edit(image=photo, mask=encoded(mask, "PNG"), prompt="scene:white", response_format="b64_json")
    assert decoded(answer.data[0]).format == "PNG"


def test_openai_reads_a_result_by_its_address(images, photo):
    answer = images.edit(
        image=[photo], prompt="scene:white", response_format="url", output_format="jpeg", output_compression=80
    )
    assert opened(httpx.get(answer.data[0].url).content).format == "JPEG"


def test_openai_generates_a_scene(images):
    answer = images.generate(prompt="scene:forest", size="768x512", output_format="jpeg")
    assert decoded(answer.data[0]).size == (768, 512)


def test_openai_raises_its_own_errors(images, photo):
    with pytest.raises(openai.BadRequestError) as refused:
        images.edit(image=photo, prompt="scene:marble", quality="low")
    assert (refused.value.param, refused.value.type) == ("quality", "invalid_request_error")
    with pytest.raises(openai.NotFoundError, match="scene:marble") as unknown:
        images.edit(image=photo, prompt="scene:moon")
    assert unknown.value.param == "prompt"
    assert unknown.value.request_id


async def test_openai_asynchronous_client_is_answered_too(service, photo):
    async with openai.AsyncOpenAI(base_url=f"{service}/v1", api_key=KEY) as client:
        answer = await client.images.edit(image=photo, prompt="scene:white")
    assert decoded(answer.data[0]).size[0] > 0


def test_openai_raises_overload_as_its_rate_limit(tmp_path, photo):
    with listening() as (listener, address):
        full = Parts(tmp_path, faults={"segment": Overloaded("full", retry_after_s=3)})
        with served(full.http_app(), listener):
            client = openai.OpenAI(base_url=f"{address}/v1", api_key=KEY, max_retries=0)
            with client, pytest.raises(openai.RateLimitError) as refused:
                client.images.edit(image=photo, prompt="scene:white")
    assert (refused.value.code, refused.value.response.headers["retry-after"]) == ("rate_limit_exceeded", "3")


def fenced(language, part):
    """The code blocks of the page that hold `part`."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [block for block in blocks if part in block]


@pytest.mark.skipif(shutil.which("curl") is None, reason="the commands are curl's")
@pytest.mark.parametrize("command", fenced("", "curl "))
def test_command_of_the_page_answers_what_it_says(service, photo, tmp_path, command):
    (tmp_path / "cup.jpg").write_bytes(photo)
    command = command.replace("curl ", "curl --silent --show-error --fail ").replace("http://127.0.0.1:8000", service)
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)
    [written] = [each for each in tmp_path.iterdir() if each.name != "cup.jpg"]
    content = written.read_bytes()
    if written.suffix == ".json":
        content = base64.b64decode(json.loads(content)["data"][0]["b64_json"])
    assert min(opened(content).size) > 100


@pytest.mark.parametrize("example", fenced("python", "import"), ids=["removebg", "openai"])
def test_example_of_the_page_runs(service, photo, tmp_path, monkeypatch, example):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(removebg_client, "API_ENDPOINT", "")
    (tmp_path / "cup.jpg").write_bytes(photo)
    exec(example.replace("http://127.0.0.1:8000", service), {})  # noqa: S102 # the page's own code
    assert any(each.name in ("cup-on-marble.jpg", "cup.jpg_no_bg.png") for each in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("title", "models"),
    [("RemoveBgRequest", (RemoveBgRequest,)), ("EditRequest GenerationRequest", (EditRequest, GenerationRequest))],
)
def test_table_of_the_page_has_every_parameter(title, models):
    table = PAGE.partition(f"<!-- parameters: {title} -->\n")[2].partition("\n\n")[0]
    told = {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert told == {name for model in models for name in model.model_fields}
