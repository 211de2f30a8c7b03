"""Bodies in all the forms that other services' clients send."""

import pytest
from starlette.requests import Request

from services.common.errors import InvalidInput, TooLarge, UnsupportedMedia
from services.gateway.body import BodyReader
from services.gateway.compat.fields import from_base64, read_fields

FORM = "application/x-www-form-urlencoded"


def read(content, kind, max_image_bytes=1024, files=("image",)):
    async def receive():
        return {"type": "http.request", "body": content}

    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(content)).encode())]
    request = Request({"type": "http", "method": "POST", "headers": headers, "app": None}, receive)
    return read_fields(request, BodyReader(max_image_bytes), files)


def multipart(*parts):
    lines = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{text}\r\n' for name, more, text in parts
    ]
    return "".join([*lines, "--x--\r\n"]).encode(), "multipart/form-data; boundary=x"


async def test_json_and_forms_say_the_same():
    wanted = {"size": "full", "crop": "true"}
    assert await read(b'{"size": "full", "crop": "true"}', "application/json; charset=utf-8") == wanted
    assert await read(b"size=full&crop=true", FORM) == wanted
    assert await read(*multipart(("size", "", "full"), ("crop", "", "true"))) == wanted


async def test_fields_that_say_nothing_are_left_out():
    assert await read(b'{"user": null, "mask": "", "n": 0}', "application/json") == {"n": 0}
    assert await read(b"bg_color=&size=full", FORM) == {"size": "full"}


async def test_file_is_its_bytes_also_in_a_list_of_one():
    assert await read(*multipart(("image[]", '; filename="a.jpg"', "bytes"))) == {"image": b"bytes"}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([("image", "", "text")], "image: a file is wanted"),
        ([("size", '; filename="a"', "full")], "size: text is wanted"),
        ([("size", "", "full"), ("size", "", "auto")], "size: one is taken"),
        ([("image", '; filename="a"', "a"), ("image[]", '; filename="b"', "b")], "can't be read: Too many files"),
    ],
)
async def test_faulty_parts_are_named(parts, message):
    with pytest.raises(InvalidInput, match=message):
        await read(*multipart(*parts))


@pytest.mark.parametrize("body", [b"", b"[1]", b'"a"', b"{", b"\xff", b"[" * 100_000, b'{"n": NaN}', b'{"\\ud800": 1}'])
async def test_what_is_no_object_is_refused(body):
    with pytest.raises(InvalidInput):
        await read(body, "application/json")


async def test_other_media_types_and_long_bodies_are_refused():
    with pytest.raises(UnsupportedMedia):
        await read(b"<a/>", "text/xml")
    with pytest.raises(TooLarge):
        await read(b"a" * (2 << 20), FORM)


def test_base64_may_have_line_breaks():
    assert from_base64("Ynl0\nZXM=\n", "image_file_b64") == b"bytes"
    with pytest.raises(InvalidInput, match="image_file_b64: base64 is wanted"):
        from_base64("no base64!", "image_file_b64")
