"""The route of remove.bg's callers, over stages that cut out the middle of the photo."""

import base64
import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from services.common.errors import ProductNotFound
from tests.support.gateway_parts import Parts
from tests.support.photos import encoded, flat


@pytest.fixture
def ask(client, photo):
    async def post(*, made=None, headers=None, files=None, **data):
        files = {"image_file": ("a.jpg", photo), **(files or {})}
        connected = client(made) if made else client()
        return await connected.post("/v1.0/removebg", files=files, data={"size": "full", **data}, headers=headers)

    return post


def opened(answer):
    return Image.open(io.BytesIO(answer.content))


def error_of(answer):
    [error] = answer.json()["errors"]
    assert set(error) == {"title", "code", "detail"}
    return error


async def test_answer_is_the_cutout_and_tells_where_the_product_lies(ask):
    answer = await ask()
    assert opened(answer).getbbox() == (150, 100, 450, 300)
    told = {name: value for name, value in answer.headers.items() if name.startswith("x-")}
    assert told.pop("x-request-id")
    assert told == {
        "x-width": "600", "x-height": "400", "x-credits-charged": "0", "x-type": "product", "x-foreground-top": "100",
        "x-foreground-left": "150", "x-foreground-width": "300", "x-foreground-height": "200",
    }  # fmt: skip


async def test_type_is_not_told_to_who_asks_for_none(ask):
    assert "x-type" not in (await ask(type_level="none")).headers


async def test_json_is_answered_to_who_accepts_it(ask):
    data = (await ask(headers={"Accept": "application/json"}, crop="true")).json()["data"]
    assert Image.open(io.BytesIO(base64.b64decode(data.pop("result_b64")))).size == (300, 200)
    assert data == {"foreground_top": 0, "foreground_left": 0, "foreground_width": 300, "foreground_height": 200}


@pytest.mark.parametrize(
    ("fields", "kind", "mode"),
    [
        ({}, "image/png", "RGBA"),
        ({"bg_color": "red"}, "image/jpeg", "RGB"),
        ({"bg_color": "ff000080"}, "image/png", "RGBA"),
        ({"bg_color": "red", "format": "png"}, "image/png", "RGB"),
        ({"format": "jpg"}, "image/jpeg", "RGB"),
        ({"format": "webp"}, "image/webp", "RGBA"),
        ({"channels": "alpha"}, "image/png", "L"),
    ],
    ids=str,
)
async def test_format_follows_what_the_picture_holds(ask, fields, kind, mode):
    answer = await ask(**fields)
    assert (answer.headers["content-type"], opened(answer).mode) == (kind, mode)


async def test_zip_holds_colour_and_alpha(ask):
    answer = await ask(format="zip")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["color.jpg", "alpha.png"]


async def test_background_image_shows_around_the_product(ask):
    blue = encoded(np.full((40, 40, 3), (0, 0, 255), np.uint8), "PNG")
    answer = await ask(files={"bg_image_file": ("b.png", blue)}, format="png")
    assert opened(answer).getpixel((0, 0)) == (0, 0, 255)


@pytest.mark.parametrize(
    ("fields", "files", "source"),
    [
        ({"bg_color": "red"}, {}, "algorithmicallyEnhanced"),
        ({}, {"bg_image_file": ("b.png", encoded(np.zeros((40, 40, 3), np.uint8), "PNG"))}, "composite"),
    ],
    ids=["colour", "picture"],
)
async def test_picture_says_what_it_was_put_together_from(ask, fields, files, source):
    packet = opened(await ask(files=files, **fields)).info["xmp"].decode()
    assert f'digitalsourcetype/{source}"' in packet


async def test_background_that_is_no_image_is_named(ask):
    error = error_of(await ask(files={"bg_image_file": ("b.png", b"no image")}))
    assert error["detail"].startswith("the background image can't be read")


@pytest.mark.parametrize("roi", ["100px 50px 400px 300px", "100px 12.5% 400px 75%"])
async def test_region_of_interest_bounds_what_is_looked_at(ask, parts, roi):
    assert (await ask(roi=roi)).status_code == 200
    [box] = parts.fakes.requests["segment"].selection.include_boxes
    assert (box.left, box.top, box.width, box.height) == (100, 50, 300, 250)


async def test_region_counts_in_the_photo_as_it_is_shown(ask, parts):
    exif = Image.Exif()
    exif[274] = 6
    turned = encoded(np.zeros((40, 80, 3), np.uint8), "JPEG", exif=exif)
    await ask(files={"image_file": ("a.jpg", turned)}, roi="0% 0% 50% 50%")
    [box] = parts.fakes.requests["segment"].selection.include_boxes
    assert (box.width, box.height) == (20, 40)


async def test_region_beyond_the_photo_has_removebgs_code(ask):
    answer = await ask(roi="0px 0px 601px 10px")
    assert (answer.status_code, error_of(answer)["code"]) == (400, "roi_exceeds_bounds")


async def test_json_and_line_forms_are_read_as_well(client, photo):
    fields = {"image_file_b64": base64.b64encode(photo).decode(), "crop": True, "size": "full"}
    for body in ({"json": fields}, {"data": fields}):
        assert opened(await client().post("/v1.0/removebg", **body)).size == (300, 200)


async def test_image_url_that_is_not_fetched_is_refused_by_its_name(client):
    answer = await client().post("/v1.0/removebg", json={"image_url": "https://example.org/a.jpg"})
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid_image_url")


@pytest.mark.parametrize(("photo_file", "code"), [(b"text", "invalid_file_type"), (flat(8, 8), "failed_to_read_image")])
async def test_unreadable_photo_has_removebgs_code(ask, photo_file, code):
    answer = await ask(files={"image_file": ("a", photo_file)})
    assert (answer.status_code, error_of(answer)["code"]) == (400, code)


async def test_photo_without_product_is_an_unknown_foreground(ask, tmp_path):
    answer = await ask(made=Parts(tmp_path, faults={"segment": ProductNotFound("none")}))
    assert (answer.status_code, error_of(answer)["code"]) == (400, "unknown_foreground")


async def test_faults_of_ours_tell_nothing(ask, tmp_path):
    answer = await ask(made=Parts(tmp_path, faults={"segment": RuntimeError("secret")}))
    assert (answer.status_code, error_of(answer)["code"]) == (500, "internal_error")
    assert "secret" not in answer.text


async def test_long_bodies_and_many_pixels_are_refused(client, tmp_path):
    small = Parts(tmp_path, limits={"max_image_bytes": 1024, "max_image_pixels": 1000})
    long = await client(small).post("/v1.0/removebg", json={"image_file_b64": "A" * (2 << 20)})
    wide = await client(small).post("/v1.0/removebg", files={"image_file": flat(100, 100)})
    assert [error_of(answer)["code"] for answer in (long, wide)] == ["file_too_large", "resolution_too_high"]


async def test_callers_from_elsewhere_are_refused(client, photo):
    answer = await client(peer="203.0.113.9").post("/v1.0/removebg", files={"image_file": photo})
    assert (answer.status_code, error_of(answer)["code"]) == (403, "auth_failed")
