"""Trainings over both protocols, up to what a trainer finds."""

import grpc
import httpx
import pytest

from services.factory.queue import TrainingQueue
from services.pb.vitrine.v1 import trainings_pb2
from services.storage.blobs import StoredBlob
from services.tenants.caller import Scope
from tests.support.gateway_parts import PUBLIC_URL, Parts
from tests.support.grpc_context import ELSEWHERE, FakeContext
from tests.support.training_store import SEEN

ROUTE = "/v1/style-trainings"


@pytest.fixture
def parts(tmp_path, photo):
    made = Parts(tmp_path, draws=True, training={"enabled": True, "max_steps": 900, "max_pictures": 3})
    made.store.put("uploads/local/a.jpg", photo, "image/jpeg")
    return made


@pytest.fixture
async def http(parts):
    transport = httpx.ASGITransport(parts.http_app(), client=("127.0.0.1", 4000))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        yield client


def body(**fields):
    return {
        "style_id": "linen",
        "words": "unbleached linen",
        "pictures": [{"blob_key": "uploads/local/a.jpg"}],
        **fields,
    }


def waiting(parts):
    """What a trainer would get."""
    with parts.database.transaction() as session:
        return TrainingQueue(parts.training).claim(session)


async def test_training_is_made_looked_at_and_cancelled_over_http(http, parts):
    made = await http.post(ROUTE, json=body(description="unbleached", steps=20, seed=7))
    assert made.status_code == 201
    training = made.json()["training"]
    assert made.headers["location"] == f"{ROUTE}/{training['training_id']}"
    assert training.items() >= {"style_id": "linen", "state": "QUEUED", "steps": 20, "rank": 8, "pictures": 1}.items()
    assert (await http.get(made.headers["location"])).json()["training"] == training
    assert (await http.get(ROUTE)).json() == {"trainings": [training], "next_page_token": ""}
    ended = await http.post(f"{made.headers['location']}/cancel")
    assert ended.json()["training"]["state"] == "CANCELLED"
    assert (await http.get(ROUTE, params={"states": "QUEUED"})).json()["trainings"] == []


async def test_training_is_made_and_told_over_grpc(parts):
    api, message = parts.grpc_api(), trainings_pb2.CreateStyleTrainingRequest(**body(learning_rate=0.001))
    made = (await api.CreateStyleTraining(message, FakeContext())).training
    assert made.state == trainings_pb2.StyleTraining.QUEUED
    assert made.learning_rate == pytest.approx(0.001)
    asked = trainings_pb2.GetStyleTrainingRequest(training_id=made.training_id)
    assert (await api.GetStyleTraining(asked, FakeContext())).training == made
    listed = await api.ListStyleTrainings(trainings_pb2.ListStyleTrainingsRequest(), FakeContext())
    assert list(listed.trainings) == [made]


async def test_trainer_finds_what_was_asked_for(http, parts):
    pictures = [{"blob_key": "uploads/local/a.jpg", "caption": " a red  cup"}, {"blob_key": "uploads/local/a.jpg"}]
    await http.post(ROUTE, json=body(pictures=pictures, scene_id="marble", words="", batch=2, rank=4))
    task = waiting(parts)
    assert task.pictures[0].caption == "a red cup"
    assert task.pictures[1].caption == parts.scenes.get("marble").words.compose("").positive
    assert (task.plan.steps, task.plan.rank, task.plan.batch, task.plan.learning_rate) == (400, 4, 2, 1e-4)


async def test_what_a_training_left_can_be_read_where_it_is_told(http, parts):
    training_id = (await http.post(ROUTE, json=body())).json()["training"]["training_id"]
    task = waiting(parts)
    plot = parts.store.put(task.file_key("loss.png"), b"a plot", "image/png")
    seen = type(SEEN)(plot, StoredBlob(plot.key, "image/png", 6, plot.sha256))
    with parts.database.transaction() as session:
        TrainingQueue(parts.training).succeed(session, task, seen, lambda: None)
    training = (await http.get(f"{ROUTE}/{training_id}")).json()["training"]
    assert training["state"] == "SUCCEEDED"
    assert (await http.get(training["loss_plot"]["url"])).content == b"a plot"
    assert training["sample_sheet"]["expire_time"]


async def test_same_call_again_is_the_same_training(http, parts):
    key = {"Idempotency-Key": "order-17"}
    first = (await http.post(ROUTE, json=body(), headers=key)).json()
    parts.store.delete(["uploads/local/a.jpg"])
    assert (await http.post(ROUTE, json=body(), headers=key)).json() == first, "its pictures are not asked for again"
    other = await http.post(ROUTE, json=body(seed=2), headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "conflict")


FAULTS = {
    "no id": ({"style_id": ""}, 400, "style_id"),
    "a faulty id": ({"style_id": "../linen"}, 400, "style_id"),
    "no pictures": ({"pictures": []}, 400, "pictures"),
    "too many pictures": ({"pictures": 4 * [{"blob_key": "uploads/local/a.jpg"}]}, 400, "pictures"),
    "no caption": ({"words": ""}, 400, "pictures.0.caption"),
    "another's picture": ({"pictures": [{"blob_key": "uploads/other/a.jpg"}]}, 404, "pictures.0.blob_key"),
    "no such picture": ({"pictures": [{"blob_key": "uploads/local/b.jpg"}]}, 404, "pictures.0.blob_key"),
    "a file that is none": ({"pictures": [{"blob_key": "uploads/local/none.jpg"}]}, 415, "pictures.0.blob_key"),
    "one that was cut short": ({"pictures": [{"blob_key": "uploads/local/short.jpg"}]}, 415, "pictures.0.blob_key"),
    "one that is too large": ({"pictures": [{"blob_key": "uploads/local/large.jpg"}]}, 413, "pictures.0.blob_key"),
    "no such scene": ({"scene_id": "moon"}, 404, "scene_id"),
    "too many steps": ({"steps": 901}, 400, "steps"),
    "too high a rank": ({"rank": 65}, 400, "rank"),
    "a style that is there": ({"style_id": "known"}, 409, "style_id"),
}


@pytest.mark.parametrize("what", FAULTS)
async def test_fault_is_told_before_anything_is_made(http, parts, photo, what):
    fields, status, field = FAULTS[what]
    parts.store.put("uploads/local/none.jpg", b"no picture", "image/jpeg")
    parts.store.put("uploads/local/short.jpg", photo[: len(photo) // 2], "image/jpeg")
    parts.store.put("uploads/local/large.jpg", b"x" * (parts.limits.max_image_bytes + 1), "image/jpeg")
    parts.store.put("uploads/other/a.jpg", photo, "image/jpeg")
    await http.post("/v1/styles", data={"style_id": "known"}, files={"adapter": ("a.safetensors", b"an adapter")})
    refused = await http.post(ROUTE, json=body(**fields))
    assert (refused.status_code, refused.json()["details"]["field"]) == (status, field)
    assert (await http.get(ROUTE)).json()["trainings"] == []


async def test_key_without_the_scope_is_refused(parts):
    for scopes, code in (([Scope.CREATE, Scope.READ], grpc.StatusCode.PERMISSION_DENIED), ([Scope.TRAIN], None)):
        context = FakeContext([("authorization", f"Bearer {parts.new_key('local', scopes)}")], ELSEWHERE)
        message = trainings_pb2.CreateStyleTrainingRequest(**body())
        await parts.grpc_api().CreateStyleTraining(message, context)
        assert context.code is code
    assert waiting(parts) is not None
    assert waiting(parts) is None


@pytest.mark.parametrize(
    ("options", "words"),
    [({"draws": True}, "training.enabled allows it"), ({}, "without a diffusion model")],
    ids=["nobody trains", "nothing is drawn"],
)
async def test_service_without_trainers_says_so(tmp_path, options, words):
    parts, context = Parts(tmp_path, **options), FakeContext()
    await parts.grpc_api().CreateStyleTraining(trainings_pb2.CreateStyleTrainingRequest(**body()), context)
    assert context.code is grpc.StatusCode.INVALID_ARGUMENT
    assert words in context.details
