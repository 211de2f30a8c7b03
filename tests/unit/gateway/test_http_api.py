"""Routes over a real ASGI stack: bodies in two forms, answers in two, every fault a problem."""

import asyncio
import base64

import httpx
import numpy as np
import pytest

from services.common.errors import NotReady
from tests.support.gateway_parts import PUBLIC_URL, Parts
from tests.support.photos import encoded, flat
from tests.support.problems import problem_of


@pytest.fixture
def client(tmp_path):
    def connect(peer="127.0.0.1", **options):
        transport = httpx.ASGITransport(Parts(tmp_path, **options).http_app(), client=(peer, 4000))
        return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)

    return connect


@pytest.fixture
def form(photo):
    return {"files": {"image": ("a.jpg", photo)}, "data": {"scene_id": "white", "seed": "1"}}


async def test_json_and_form_say_the_same(client, form, photo):
    body = {"image": {"content": base64.b64encode(photo).decode()}, "scene_id": "white", "seed": 1}
    as_json = await client().post("/v1/shots", json=body)
    as_form = await client().post("/v1/shots", **form)
    assert as_json.json()["recipe_sha256"] == as_form.json()["recipe_sha256"]


async def test_form_reaches_fields_deep_inside_by_dotted_names(client, form):
    form["data"] |= {"output.format": "PNG", "output.inline": "true", "canvas.width": "200", "canvas.height": "100"}
    image = (await client().post("/v1/shots", **form)).json()["image"]
    assert (image["media_type"], image["width"], image["height"]) == ("image/png", 200, 100)
    assert base64.b64decode(image["content"]).startswith(b"\x89PNG")


async def test_list_is_given_once_for_each_value(client, form):
    form["data"] |= {"layers": ["SHADOW", "ALPHA"], "thresholds.halo": "3"}
    answer = (await client().post("/v1/shots", **form)).json()
    assert [layer["name"] for layer in answer["layers"]] == ["SHADOW", "ALPHA"]
    assert "content" not in answer["layers"][0]["blob"]


async def test_refusal_carries_the_report(client, form):
    problem = problem_of(await client(failing={"structure": 99}).post("/v1/shots", **form))
    assert (problem["code"], problem["status"], problem["retryable"]) == ("product_changed", 422, False)
    report = problem["details"]["report"]
    assert report["attempts"] == 3
    assert [each["name"] for each in report["measures"] if not each["passed"]] == ["structure"]


async def test_answer_without_the_file_does_not_mention_its_content(client, form):
    assert "content" not in (await client().post("/v1/shots", **form)).json()["image"]


async def test_picture_itself_is_answered_when_accept_asks_for_it(client, form):
    answer = await client().post("/v1/shots", **form, headers={"Accept": "image/png"})
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")
    assert answer.headers["x-vitrine-seed"].isdigit()
    assert answer.headers["x-vitrine-product-identical"] == "true"
    again = await client().get(answer.headers["content-location"])
    assert again.content == answer.content
    assert again.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"canvas.scale": "9"}, "canvas.scale"),
        ({"sceen_id": "white"}, "sceen_id"),
        ({"canvas": "3", "canvas.width": "4"}, "canvas.width"),
        ({"seed": "-1"}, "seed"),
        ({"timeout": "soon"}, "timeout"),
        ({"layers": ["SHADOW", "SHADE"]}, "layers.1"),
        ({"thresholds.structure": "1.01"}, "thresholds.structure"),
        ({"thresholds.ghost": "nan"}, "thresholds.ghost"),
        ({"thresholds.gost": "1"}, "thresholds.gost"),
        ({"max_attempts": "9"}, "max_attempts"),
        ({"report": "SOME"}, "report"),
    ],
    ids=str,
)
async def test_faulty_field_of_a_form_is_named(client, form, fields, field):
    problem = problem_of(await client().post("/v1/shots", files=form["files"], data=fields))
    assert (problem["code"], problem["details"]["field"]) == ("invalid_input", field)


@pytest.fixture
def mask():
    return encoded(np.full((400, 600, 3), 255, np.uint8), "PNG")


async def test_selection_is_the_same_in_a_form_and_in_json(client, form, photo, mask):
    form["files"]["selection.keep_mask"] = ("mask.png", mask)
    form["data"] |= {"selection.include_points": ["300,200", "310, 210"], "selection.exclude_boxes": "0,0,10,20"}
    form["data"] |= {"selection.ghost_mannequin": "true", "scene_id": "wall-plaster"}
    as_form = await client().post("/v1/shots", **form)
    selection = {
        "keep_mask": {"content": base64.b64encode(mask).decode()},
        "include_points": [{"x": 300, "y": 200}, {"x": 310, "y": 210}],
        "exclude_boxes": [{"left": 0, "top": 0, "width": 10, "height": 20}],
        "ghost_mannequin": True,
    }
    body = {"image": {"content": base64.b64encode(photo).decode()}, "scene_id": "wall-plaster", "seed": 1}
    as_json = await client().post("/v1/shots", json={**body, "selection": selection})
    assert as_form.status_code == 200
    assert as_form.json()["recipe_sha256"] == as_json.json()["recipe_sha256"]
    assert as_json.json()["mannequin_confidence"] == 0.75


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"selection.include_points": ["5,5", "-1,5"]}, "selection.include_points.1"),
        ({"selection.exclude_points": "600,5"}, "selection.exclude_points.0"),
        ({"selection.exclude_points": "5"}, "selection.exclude_points.0"),
        ({"selection.include_points": ["5,5"] * 65}, "selection.include_points"),
        ({"selection.include_boxes": "590,0,20,20"}, "selection.include_boxes.0"),
        ({"selection.exclude_boxes": ["1,1,5,5"] * 17}, "selection.exclude_boxes"),
    ],
    ids=["negative point", "point beyond", "half a point", "too many points", "box beyond", "too many boxes"],
)
async def test_faulty_selection_is_named(client, form, fields, field):
    problem = problem_of(await client().post("/v1/cutouts", files=form["files"], data=fields))
    assert (problem["code"], problem["details"]["field"]) == ("invalid_input", field)


async def test_drawing_is_the_same_in_a_form_and_in_json(client, form, photo):
    picture = flat(30, 40)
    form["files"]["reference"] = ("a.png", picture)
    form["data"] |= {"prompt": "at sea", "words.light": "dusk", "steps": "2", "guidance": "1", "scheduler": "EULER"}
    as_form = await client(draws=True).post("/v1/shots", **form)
    body = {
        "image": {"content": base64.b64encode(photo).decode()}, "scene_id": "white", "seed": 1, "prompt": "at sea",
        "words": {"light": "dusk"}, "steps": 2, "guidance": 1, "scheduler": "EULER",
        "reference": {"content": base64.b64encode(picture).decode()},
    }  # fmt: skip
    as_json = await client(draws=True).post("/v1/shots", json=body)
    assert as_form.status_code == 200
    assert as_form.json()["recipe_sha256"] == as_json.json()["recipe_sha256"]


async def test_reference_that_is_no_picture_is_named(client, form):
    form["files"]["reference"] = ("a.png", b"no picture")
    problem = problem_of(await client().post("/v1/shots", **form))
    assert (problem["code"], problem["details"]["field"]) == ("unsupported_media", "reference")


async def test_colour_is_the_same_in_a_form_and_in_json(client, form, photo, mask):
    form["files"]["recolour.mask"] = ("mask.png", mask)
    form["data"] |= {"recolour.to": "seagreen"}
    as_form = await client().post("/v1/shots", **form)
    recolour = {"to": "#2E8B57", "mask": {"content": base64.b64encode(mask).decode()}}
    body = {"image": {"content": base64.b64encode(photo).decode()}, "scene_id": "white", "seed": 1}
    as_json = await client().post("/v1/shots", json={**body, "recolour": recolour})
    assert as_form.status_code == 200
    assert as_form.json()["recipe_sha256"] == as_json.json()["recipe_sha256"]


@pytest.mark.parametrize("path", ["/v1/shots", "/v1/cutouts"])
@pytest.mark.parametrize("colour", ["seagren", "#12", ""])
async def test_colour_that_is_none_is_named(client, photo, path, colour):
    scene = {"scene_id": "white"} if path == "/v1/shots" else {}
    body = {"image": {"content": base64.b64encode(photo).decode()}, "recolour": {"to": colour}, **scene}
    problem = problem_of(await client().post(path, json=body))
    assert (problem["code"], problem["details"]["field"]) == ("invalid_input", "recolour.to")


async def test_mask_of_another_size_than_the_photo_is_named(client, photo):
    files = {"image": ("a.jpg", photo), "recolour.mask": ("m.png", flat(300, 600))}
    problem = problem_of(await client().post("/v1/cutouts", files=files, data={"recolour.to": "red"}))
    assert (problem["code"], problem["details"]["field"]) == ("invalid_input", "recolour.mask")


async def test_keep_mask_of_another_size_is_named(client, photo):
    files = {"image": ("a.jpg", photo), "selection.keep_mask": ("m.png", flat(300, 600))}
    problem = problem_of(await client().post("/v1/cutouts", files=files))
    assert (problem["code"], problem["details"]["field"]) == ("invalid_input", "selection.keep_mask")


async def test_form_takes_one_file_named_image(client, photo):
    for files in ({"photo": ("a.jpg", photo)}, [("image", ("a", photo)), ("image", ("b", photo))]):
        assert problem_of(await client().post("/v1/cutouts", files=files))["code"] == "invalid_input"
    as_text = await client().post("/v1/cutouts", files={"image": (None, "text")})
    assert problem_of(as_text)["details"]["field"] == "image"


async def test_field_that_a_form_gives_twice_is_refused(client, form):
    form["data"] = {"scene_id": ["white", "marble"]}
    problem = problem_of(await client().post("/v1/shots", **form))
    assert (problem["code"], problem["details"]["field"]) == ("invalid_input", "scene_id")


async def test_torn_form_is_invalid_input(client):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await client().post("/v1/shots", content=b"--x\r\nrubbish\r\n\r\n--x--", headers=headers)
    assert problem_of(answer)["code"] == "invalid_input"


async def test_body_that_grows_too_large_is_refused_before_its_end(client):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 1 << 16
            yield bytes(1 << 16)

    headers = {"Content-Type": "application/json"}
    answer = await client(limits={"max_image_bytes": 1 << 20}).post("/v1/shots", content=endless(), headers=headers)
    assert problem_of(answer)["code"] == "too_large"
    assert sent < 4 << 20


async def test_declared_length_is_enough_to_refuse(client):
    headers = {"Content-Type": "application/json", "Content-Length": str(1 << 40)}
    answer = await client().post("/v1/shots", content=b"{}", headers=headers)
    assert problem_of(answer)["code"] == "too_large"


async def test_unknown_error_tells_nothing(client, form):
    answer = await client(faults={"segment": RuntimeError("/etc/secret")}).post("/v1/shots", **form)
    assert problem_of(answer)["code"] == "internal"
    assert "secret" not in answer.text


async def test_method_that_is_not_taken_lists_the_others(client):
    answer = await client().delete("/v1/scenes")
    assert answer.status_code == 405
    assert problem_of(answer)["title"] == "Method Not Allowed"
    assert answer.headers["allow"] == "GET"


async def test_caller_from_elsewhere_is_refused_everywhere_but_at_signed_addresses(client, form):
    made = (await client().post("/v1/cutouts", files=form["files"])).json()
    stranger = client(peer="203.0.113.9")
    for path in ("/v1/scenes", "/v1/models", "/v1/usage"):
        assert problem_of(await stranger.get(path))["code"] == "unauthenticated"
    assert problem_of(await stranger.post("/v1/shots", **form))["code"] == "unauthenticated"
    assert (await stranger.get(made["image"]["url"])).status_code == 200


async def test_readiness_is_503_until_every_stage_answered(client):
    answer = await client(faults={"segment": NotReady("starting")}).get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["stages"]["segment"] == "failed"
    assert (await client().get("/readyz")).status_code == 200


async def test_readiness_tells_what_computes_a_stages_networks(client):
    assert (await client().get("/readyz")).json()["told"] == {"generate": {"runner": "fake"}}


async def test_overload_has_retry_after(client, form):
    crowded = client(limits={"max_running": 1, "max_waiting": 0}, slow={"segment": asyncio.Event()})
    calls = [asyncio.create_task(crowded.post("/v1/shots", **form)) for _ in range(2)]
    done, waiting = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    answer = done.pop().result()
    assert problem_of(answer)["retryable"] is True
    assert int(answer.headers["retry-after"]) >= 1
    for call in waiting:
        call.cancel()
    await asyncio.wait(waiting)


async def test_overload_is_told_before_a_body_is_read(client, form):
    crowded = client(limits={"max_running": 1, "max_waiting": 0}, slow={"segment": asyncio.Event()})
    first = asyncio.create_task(crowded.post("/v1/shots", **form))
    while (answer := await crowded.post("/v1/shots", content=b"none of our types")).status_code != 429:
        assert problem_of(answer)["code"] == "unsupported_media"
    first.cancel()
    await asyncio.wait([first])


async def test_result_can_be_the_photo_of_the_next_request(client, form):
    made = (await client().post("/v1/shots", **form)).json()["image"]
    as_form = {"image.blob_key": (None, made["key"]), "scene_id": (None, "white")}
    assert (await client().post("/v1/shots", files=as_form)).status_code == 200
    as_json = {"image": {"blob_key": made["key"]}, "scene_id": "white"}
    assert (await client().post("/v1/shots", json=as_json)).status_code == 200


async def test_address_that_is_not_fetched_is_told_with_its_field(client):
    answer = await client().post("/v1/cutouts", json={"image": {"url": "https://a.example/x.jpg"}})
    problem = problem_of(answer)
    assert (problem["code"], problem["details"]["field"]) == ("invalid_input", "image.url")


async def test_photo_from_two_places_is_refused(client, form):
    form["data"] |= {"image.url": "https://a.example/x.jpg"}
    problem = problem_of(await client().post("/v1/shots", **form))
    assert (problem["code"], problem["details"]["field"]) == ("invalid_input", "image")


async def test_rate_is_told_in_every_answer_that_counts(client, form):
    limited = client(tenants={"rate_per_s": 0.001, "burst_requests": 1})
    good, refused = [await limited.post("/v1/shots", **form) for _ in range(2)]
    assert (good.status_code, good.headers["ratelimit-remaining"]) == (200, "0")
    assert problem_of(refused)["code"] == "rate_limited"
    assert (refused.headers["ratelimit-limit"], refused.headers["ratelimit-remaining"]) == ("1", "0")
    assert 900 < int(refused.headers["retry-after"]) <= 1000
    assert "ratelimit-limit" not in (await limited.get("/v1/scenes")).headers


async def test_rate_is_told_beside_errors_of_calls_that_counted(client):
    limited = client(tenants={"rate_per_s": 0.001, "burst_requests": 3})
    answer = await limited.post("/v1/shots", json={})
    assert problem_of(answer)["code"] == "invalid_input"
    assert answer.headers["ratelimit-remaining"] == "2"


async def test_quota_that_is_used_up_tells_when_it_begins_anew(client, form):
    limited = client(tenants={"quota_items": 1, "quota_period": "day"})
    assert (await limited.post("/v1/shots", **form)).status_code == 200
    refused = await limited.post("/v1/cutouts", files=form["files"])
    assert (problem_of(refused)["code"], refused.status_code) == ("quota_exceeded", 429)
    assert 0 < int(refused.headers["retry-after"]) <= 86_401


async def test_same_key_and_request_give_the_same_picture_and_another_request_is_refused(client, form):
    once = client()
    key = {"Idempotency-Key": "order-17"}
    del form["data"]["seed"]
    first, again = [(await once.post("/v1/shots", **form, headers=key)).json() for _ in range(2)]
    assert first["image"]["key"] == again["image"]["key"]
    form["data"]["scene_id"] = "marble"
    refused = problem_of(await once.post("/v1/shots", **form, headers=key))
    assert (refused["code"], refused["status"], refused["details"]["field"]) == ("conflict", 409, "idempotency-key")


async def test_malformed_idempotency_key_is_named(client, form):
    for key in ("a b", "k" * 201):
        refused = problem_of(await client().post("/v1/shots", **form, headers={"Idempotency-Key": key}))
        assert (refused["code"], refused["details"]["field"]) == ("invalid_input", "idempotency-key")


async def test_request_id_is_no_idempotency_key_over_http(client, form):
    once = client()
    header = {"X-Request-Id": "trace-1"}
    first, again = [(await once.post("/v1/shots", **form, headers=header)).json() for _ in range(2)]
    assert first["image"]["key"] != again["image"]["key"]


@pytest.mark.parametrize(
    "query",
    [
        {"first_date": "soon"},
        {"first_date": "2026-W01-1"},
        {"first_date": "2026-02-30"},
        {"first_date": "0001-01-02", "last_date": "0001-01-01"},
        {"first_date": "2020-01-01", "last_date": "2026-01-01"},
    ],
    ids=str,
)
async def test_faulty_days_are_named(client, query):
    refused = problem_of(await client().get("/v1/usage", params=query))
    assert (refused["code"], refused["details"]["field"]) == ("invalid_input", "first_date")


async def test_refused_caller_is_told_how_to_say_who_it_is(client):
    answer = await client(peer="203.0.113.9").get("/v1/scenes")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("params", [{}, {"page_size": -1}], ids=["answer", "refusal"])
async def test_answer_says_where_it_stands_in_the_callers_trace(client, params):
    offered = f"00-{'a' * 32}-{'b' * 16}-01"
    answer = await client().get("/v1/scenes", params=params, headers={"traceparent": offered})
    version, trace_id, span_id, flags = answer.headers["traceparent"].split("-")
    assert (version, trace_id, flags) == ("00", "a" * 32, "01")
    assert span_id != "b" * 16
