"""Lists of items, as CSV and as JSONL."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.jobs import ItemManifest, ManifestFormat
from services.common.deadline import Deadline
from services.common.errors import Forbidden, InvalidInput, NotFound, TooLarge
from services.jobs.manifest import Manifests, read_lines
from services.jobs.recipe import said
from services.storage.local import LocalBlobs
from services.storage.signature import Signature

URL = "https://a.example/x.jpg"

#: What a column can set, as the cell has it and as JSON has it.
CELLS = {
    "scene_id": st.sampled_from([("white", "white"), ("007", "007")]),
    "seed": st.integers(0, 99).map(lambda value: (str(value), value)),
    "canvas.padding": st.floats(0, 0.45).map(lambda value: (repr(value), value)),
    "deterministic": st.sampled_from([("true", True), ("false", False)]),
    "output.format": st.sampled_from([("PNG", "PNG"), ("WEBP", "WEBP")]),
    "timeout": st.integers(1, 60).map(lambda value: (f"{value}s", f"{value}s")),
    "prompt": st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=9).map(lambda text: (text, text)),
    "layers": st.sampled_from([('["SHADOW","ALPHA"]', ["SHADOW", "ALPHA"])]),
    "selection.include_points": st.integers(0, 9).map(lambda x: (json.dumps([{"x": x}]), [{"x": x}])),
}
ROWS = st.lists(st.fixed_dictionaries({}, optional=CELLS), min_size=1, max_size=4)


def as_csv(rows):
    file = io.StringIO()
    writer = csv.DictWriter(file, ["key", "image", *CELLS])
    writer.writeheader()
    for number, row in enumerate(rows):
        writer.writerow({"key": f"k{number}", "image": URL, **{name: cell for name, (cell, _) in row.items()}})
    return file.getvalue().encode()


def as_jsonl(rows):
    items = []
    for number, row in enumerate(rows):
        shot = {}
        for name, (_, value) in row.items():
            *owners, last = name.split(".")
            owner = shot
            for each in owners:
                owner = owner.setdefault(each, {})
            owner[last] = value
        items.append({"key": f"k{number}", "image": {"url": URL}, **({"shot": shot} if shot else {})})
    return "\n".join(map(json.dumps, items)).encode()


def read(data, wanted=None, method="shot"):
    return list(read_lines(data, wanted, method))


def problems(data, method="shot"):
    return [(line.number, line.error.details.get("field", "")) for line in read(data, method=method) if line.error]


@given(ROWS)
def test_csv_and_jsonl_say_the_same(rows):
    listed, written = [
        [(line.spec.key, line.spec.image, line.spec.shot and said(line.spec.shot)) for line in read(data)]
        for data in (as_csv(rows), as_jsonl(rows))
    ]
    assert listed == written


@pytest.mark.parametrize(
    ("cell", "source"),
    [
        ("https://a.example/x", "url"),
        ("s3://bucket/x", "url"),
        ("file:///etc/passwd", "url"),
        ("uploads/acme/x.jpg", "blob_key"),
    ],
)
def test_image_is_an_address_or_a_key(cell, source):
    [line] = read(f"image\n{cell}\n".encode())
    assert getattr(line.spec.image, source) == cell


@pytest.mark.parametrize("data", [b'{"image":{}}', b'\n {"image":{}}\n\n', b'\xef\xbb\xbf{"image":{}}\r\n'])
def test_brace_tells_jsonl(data):
    assert [line.error for line in read(data)] == [None]


@pytest.mark.parametrize("data", [b"image\nx\n", b"\xef\xbb\xbfkey,image\r\na,x\r\n\r\n"])
def test_else_it_is_csv(data):
    assert [line.error for line in read(data)] == [None]


def test_lines_are_counted_as_people_count_them():
    jsonl = b'{"image":{}}\n\nnone\n{"glow":1}\n{"key":"a b"}\n'
    assert problems(jsonl) == [(3, ""), (4, "glow"), (5, "key")]
    table = b'image,prompt,seed\nx,"two\nlines",1\nx\nx,,none\n'
    assert problems(table) == [(3, "shot.prompt"), (4, ""), (5, "shot.seed")]


@pytest.mark.parametrize(
    "header",
    ["", "key", "image;key", "image,glow", "image,canvas.glow", "image,glow.width", "image,canvas", "image,image",
     "image,image.url", "image,selection.keep_mask", "image,words.product.x", "image,scene_id"],
)  # fmt: skip
def test_wrong_columns_are_refused(header):
    with pytest.raises(InvalidInput, match="line 1: "):
        read(f"{header}\nx\n".encode(), method="cutout" if "scene_id" in header else "shot")


@pytest.mark.parametrize("data", [b"image\n\xff\xfe\n", b'image\n"x', b'image\n"x"y\n', b"image\n" + b"x" * 200_000])
def test_what_is_no_csv_is_told(data):
    with pytest.raises(InvalidInput):
        read(data, ManifestFormat.CSV)


def test_cell_that_has_to_be_a_list_is_a_fault():
    assert problems(b"image,layers\nx,SHADOW\n") == [(2, "shot.layers")]


class FakeBuckets:
    def fetch(self, url, tenant, deadline):
        if not url.startswith(f"s3://{tenant}/"):
            raise Forbidden("not there")
        return b"image\n"


@pytest.fixture
def manifests(tmp_path):
    store = LocalBlobs(tmp_path, Signature(b"k" * 32), "http://testserver", 60)
    for key in ("uploads/acme/a.csv", "uploads/other/a.csv", "secret.csv"):
        store.put(key, b"image\n", "text/csv")
    store.put("uploads/acme/large.csv", b"image\n" * 9, "text/csv")
    return Manifests(store, FakeBuckets(), 20)


async def fetched(manifests, **source):
    return await manifests.fetched(ItemManifest(**source), "acme", Deadline.after(60))


@pytest.mark.parametrize(
    "source", [{"content": b"image\n"}, {"blob_key": "uploads/acme/a.csv"}, {"url": "s3://acme/a.csv"}]
)
async def test_list_comes_from_where_it_says(manifests, source):
    assert await fetched(manifests, **source) == b"image\n"


@pytest.mark.parametrize(
    ("source", "error", "field"),
    [
        ({}, InvalidInput, "manifest"),
        ({"content": b"x" * 21}, TooLarge, "manifest.content"),
        ({"blob_key": "uploads/acme/large.csv"}, TooLarge, "manifest.blob_key"),
        ({"blob_key": "uploads/acme/none.csv"}, NotFound, "manifest.blob_key"),
        ({"blob_key": "uploads/other/a.csv"}, NotFound, "manifest.blob_key"),
        ({"blob_key": "secret.csv"}, NotFound, "manifest.blob_key"),
        ({"url": "s3://other/a.csv"}, Forbidden, "manifest.url"),
        ({"url": "https://a.example/a.csv"}, InvalidInput, "manifest.url"),
    ],
)
async def test_list_from_elsewhere_is_refused(manifests, source, error, field):
    with pytest.raises(error) as caught:
        await fetched(manifests, **source)
    assert caught.value.details["field"] == field


async def test_service_without_buckets_says_so(tmp_path):
    with pytest.raises(InvalidInput, match=r"storage\.inputs"):
        await fetched(Manifests(None, None, 20), url="s3://acme/a.csv")
