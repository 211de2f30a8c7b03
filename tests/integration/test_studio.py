"""Shots and cutouts through the real service, over both protocols."""

import base64
import hashlib
import io
import json
import struct

import httpx
import numpy as np
import pytest
from PIL import Image

from services.pb.vitrine.v1 import catalog_pb2, common_pb2, studio_pb2
from services.provenance.manifest import FILE_DIGEST
from services.provenance.signer import THROWAWAY_GENERATOR
from tests.support.signing import read_manifest, read_store

pytestmark = pytest.mark.service
STAGES = ["DECODE", "SEGMENT", "LAYOUT", "GENERATE", "POSTPROCESS"]


def shot_request(photo, **fields):
    return studio_pb2.CreateShotRequest(image={"content": photo}, **{"scene_id": "marble", "seed": 7, **fields})


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def test_cutout_over_grpc_is_a_transparent_png_of_the_photos_size(service, photo):
    answer = service.studio.CreateCutout(
        studio_pb2.CreateCutoutRequest(image={"content": photo}, output={"inline": True})
    )
    picture = pixels(answer.image.content)
    assert picture.shape == (400, 600, 4)
    assert picture[..., 3].min() == 0
    assert picture[..., 3].max() == 255
    assert answer.image.sha256 == hashlib.sha256(answer.image.content).hexdigest()
    assert answer.confidence > 0.5
    assert answer.model.startswith("isnet")


def test_cover_over_http_is_a_page_whose_words_can_be_read_and_whose_product_is_kept(service, photo):
    words = {"cover.masthead": "VITRINE", "cover.headline": "\u041a\u043e\u0444\u0435", "cover.lines": "Tea, or not"}
    form = {"scene_id": "marble", "seed": "7", "canvas.width": "900", "canvas.height": "1200", **words}
    answer = service.http.post("/v1/shots", files={"image": ("a.jpg", photo)}, data=form).json()
    assert [text["part"] for text in answer["cover"]] == ["MASTHEAD", "HEADLINE", "LINE"]
    assert all(text["contrast"] >= text["contrast_wanted"] for text in answer["cover"])
    assert answer["preservation"]["identical"]
    assert (answer["image"]["width"], answer["image"]["height"]) == (900, 1200)


def test_cropped_cutout_is_the_box_and_its_padding(service, photo):
    answer = service.studio.CreateCutout(
        studio_pb2.CreateCutoutRequest(image={"content": photo}, crop=True, background_color="#ff0000")
    )
    assert (answer.image.width, answer.image.height) == (answer.box.width, answer.box.height)


def test_selection_narrows_the_cutout_and_the_answer_tells_its_instances(service, photo):
    box = {"left": 200, "top": 0, "width": 200, "height": 400}
    request = studio_pb2.CreateCutoutRequest(
        image={"content": photo}, selection={"include_boxes": [box]}, output={"inline": True}
    )
    answer = service.studio.CreateCutout(request)
    alpha = pixels(answer.image.content)[..., 3]
    assert alpha.max() == 255
    assert not alpha[:, :200].any()
    assert not alpha[:, 400:].any()
    assert sum(instance.area_px for instance in answer.instances) == pytest.approx((alpha > 127).sum(), rel=0.01)


def test_shot_over_grpc_stands_in_the_scene_unchanged(service, photo):
    answer = service.studio.CreateShot(
        shot_request(photo, output={"inline": True}), metadata=[("request_id", "shot-1")]
    )
    assert answer.request_id == "shot-1"
    assert answer.scene_id == "marble"
    assert answer.seed == 7
    assert answer.preservation.identical
    assert answer.image.media_type == "image/jpeg"
    assert pixels(answer.image.content).shape == (answer.image.height, answer.image.width, 3)
    assert [common_pb2.Stage.Name.Name(timing.stage) for timing in answer.timings] == STAGES
    assert len(answer.recipe_sha256) == 64


def test_picture_says_where_it_comes_from_and_who_signed_it(service, photo):
    answer = service.studio.CreateShot(shot_request(photo, output={"inline": True}))
    assert read_store(answer.image.content, "image/jpeg")["validation_state"] == "Valid"
    manifest = read_manifest(answer.image.content, "image/jpeg")
    assert manifest["claim_generator_info"][0]["name"] == THROWAWAY_GENERATOR
    [told] = manifest["ingredients"]
    assert told["metadata"][FILE_DIGEST] == hashlib.sha256(photo).hexdigest()


def test_same_seed_gives_the_same_picture_and_recipe(service, photo):
    wanted = shot_request(photo, seed=3, output={"inline": True})
    first, second = (service.studio.CreateShot(wanted) for _ in range(2))
    assert np.array_equal(pixels(first.image.content), pixels(second.image.content))
    assert first.recipe_sha256 == second.recipe_sha256
    assert first.image.key != second.image.key


def test_seed_is_drawn_and_told_when_absent(service, photo):
    request = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white")
    first, second = service.studio.CreateShot(request), service.studio.CreateShot(request)
    assert first.seed != second.seed


def test_core_digest_is_recomputed_from_a_lossless_result(service, photo):
    lossless = {"format": common_pb2.ImageFormat.PNG, "inline": True}
    shot = service.studio.CreateShot(shot_request(photo, canvas={"scale": 1}, output=lossless))
    cutout = service.studio.CreateCutout(studio_pb2.CreateCutoutRequest(image={"content": photo}, output=lossless))
    core = pixels(cutout.image.content)[..., 3] == 255
    down, right = shot.product_box.top - cutout.box.top, shot.product_box.left - cutout.box.left
    rows, columns = np.nonzero(core)
    inside = pixels(shot.image.content)[rows + down, columns + right]
    box = (rows.min() + down, columns.min() + right, np.ptp(rows) + 1, np.ptp(columns) + 1)
    head = b"vitrine-core-1\n" + struct.pack(">5Q", *map(int, box), len(inside))
    assert len(inside) == shot.preservation.core_area_px
    assert hashlib.sha256(head + inside.tobytes()).hexdigest() == shot.preservation.core_sha256_after
    assert (inside == pixels(photo)[rows, columns]).all()


def test_streamed_shot_tells_every_stage_in_order_and_ends_with_the_shot(service, photo):
    stream = service.studio.StreamShot(studio_pb2.StreamShotRequest(shot=shot_request(photo)))
    *events, last = list(stream)
    told = [
        (common_pb2.Stage.Name.Name(event.stage.stage), studio_pb2.StageEvent.State.Name(event.stage.state))
        for event in events
    ]
    assert told == [(stage, state) for stage in STAGES for state in ("STARTED", "FINISHED")]
    elapsed = [event.stage.elapsed.ToNanoseconds() for event in events]
    assert elapsed == sorted(elapsed)
    assert last.shot.image.key.startswith("shots/")


def test_result_is_the_same_inline_by_key_and_by_address(service, photo):
    answer = service.studio.CreateShot(shot_request(photo, output={"inline": True}))
    chunks = list(service.studio.ReadBlob(studio_pb2.ReadBlobRequest(key=answer.image.key)))
    downloaded = httpx.get(answer.image.url)
    assert b"".join(each.chunk for each in chunks) == answer.image.content
    assert downloaded.content == answer.image.content
    assert downloaded.headers["content-type"] == chunks[0].media_type == "image/jpeg"
    assert chunks[0].size_bytes == answer.image.size_bytes == len(answer.image.content)


def test_shot_over_http_as_json(service, photo):
    body = {"image": {"content": base64.b64encode(photo).decode()}, "scene_id": "marble", "seed": 7}
    answer = service.http.post("/v1/shots", json=body, headers={"X-Request-Id": "json-1"})
    assert answer.status_code == 200
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "json-1"
    assert answer.json()["preservation"]["identical"] is True
    assert [timing["stage"] for timing in answer.json()["timings"]] == STAGES


def test_shot_over_http_as_form_equals_the_one_over_grpc(service, photo):
    form = {"scene_id": "marble", "seed": "7", "canvas.width": "480", "canvas.height": "480", "pose": "STANDING"}
    over_http = service.http.post("/v1/shots", files={"image": ("a.jpg", photo)}, data=form).json()
    over_grpc = service.studio.CreateShot(
        shot_request(photo, canvas={"width": 480, "height": 480}, pose=studio_pb2.CreateShotRequest.STANDING)
    )
    first, second = (pixels(httpx.get(url).content) for url in (over_http["image"]["url"], over_grpc.image.url))
    assert np.array_equal(first, second)
    assert over_http["recipe_sha256"] == over_grpc.recipe_sha256


def test_shot_over_http_as_events_tells_every_stage_and_ends_with_the_shot(service, photo):
    answer = service.http.post(
        "/v1/shots?preview_every=5", files={"image": ("a.jpg", photo)}, data={"scene_id": "marble", "seed": "7"},
        headers={"Accept": "text/event-stream", "X-Request-Id": "events-1"},
    )  # fmt: skip
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-request-id"] == "events-1"
    lines = [line.partition(": ") for line in answer.text.splitlines()]
    assert [text for name, _, text in lines if name == "event"] == ["stage"] * 2 * len(STAGES) + ["shot"]
    *events, shot = [json.loads(text) for name, _, text in lines if name == "data"]
    assert [each["stage"] for each in events if each["state"] == "FINISHED"] == STAGES
    assert shot["image"]["key"].startswith("shots/local/events-1-")


def test_cutout_over_http_answers_the_picture_when_accept_asks_for_it(service, photo):
    answer = service.http.post("/v1/cutouts", files={"image": ("a.jpg", photo)}, headers={"Accept": "image/webp"})
    assert answer.headers["content-type"] == "image/webp"
    assert pixels(answer.content).shape == (400, 600, 4)
    assert httpx.get(answer.headers["content-location"]).content == answer.content


def test_scenes_and_models_are_listed_alike_on_both_protocols(service):
    scenes = service.http.get("/v1/scenes", params={"page_size": 2}).json()
    rest = service.http.get("/v1/scenes", params={"page_token": scenes["next_page_token"]}).json()
    over_grpc = service.catalog.ListScenes(catalog_pb2.ListScenesRequest()).scenes
    assert [scene["scene_id"] for scene in scenes["scenes"] + rest["scenes"]] == [each.scene_id for each in over_grpc]
    assert len(scenes["scenes"]) == 2
    models = {model["name"]: model for model in service.http.get("/v1/models").json()["models"]}
    assert models["isnet"]["cached"] is True
