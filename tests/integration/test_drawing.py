"""A service that draws with a diffusion model: a tiny, untrained one, whose pictures are noise around real products."""

import base64
import contextlib
import json
import os
import pickle
import time
import uuid
from pathlib import Path

import numpy as np
import psutil
import pytest

from services.cli.service_process import ServiceProcess
from services.client import CreateShotRequest, JobItemSpec, Vitrine
from services.common.errors import InvalidInput, NotFound, TooLarge
from services.pb.vitrine.v1 import studio_pb2
from tests.support.adapters import LAYERS, adapter_data
from tests.support.photos import encoded
from tests.support.running_service import PATIENCE_S, RunningService, small_service_settings
from tests.support.tiny_checkpoint import write_catalog, write_tiny_checkpoint
from tests.support.tiny_upscaler import upscaler_entry, write_upscaler

pytestmark = pytest.mark.service
STEPS = 100
#: Words of the tiny vocabulary, in place of the scene's; it spells all others by letters.
WORDS = {"prompt": "red {product}", "negative_prompt": "{season}", "words": {"product": "cup", "season": "blue"}}


@pytest.fixture(scope="module")
def drawing(tmp_path_factory):
    """The service in a process of its own; a step of its model takes far longer than a message."""
    folder = tmp_path_factory.mktemp("drawing")
    checkpoint = write_tiny_checkpoint(folder / "checkpoint", layers_per_block=4, sample_size=24)
    upscaler = upscaler_entry(write_upscaler(folder / "upscaler"))
    settings = small_service_settings(folder / "data")
    environment = {
        "VITRINE_GENERATE__ENGINE": "diffusion", "VITRINE_GENERATE__DIFFUSION__CHECKPOINT": "tiny",
        "VITRINE_GENERATE__DIFFUSION__RUNNER": "torch",
        "VITRINE_GENERATE__MAX_ONGOING_REQUESTS": "8", "VITRINE_MODELS__CATALOG":
        str(write_catalog(checkpoint, folder / "catalog.yaml", upscaler)), "VITRINE_RAY__OBJECT_STORE_MB": "200",
        "VITRINE_GENERATE__UPSCALE__NETWORK": "tiny-upscaler", "VITRINE_GENERATE__UPSCALE__UNASKED": "false",
        "VITRINE_STYLES__MAX_MB": "1", "VITRINE_TRAINING__ENABLED": "true", "VITRINE_TRAINING__NUM_CPUS": "0.5",
        "VITRINE_TRAINING__LEASE_S": "3",
        # Signed, no file would be the same again.
        "VITRINE_TRAINING__SAMPLE_STEPS": "2", "VITRINE_PROVENANCE__MARKS": "xmp",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        for name, value in environment.items():
            patch.setitem(os.environ, name, value)
        process = stack.enter_context(ServiceProcess(settings, folder / "data", folder / "log"))
        process.wait_ready(4 * PATIENCE_S)
        running = RunningService(settings, logs_of(folder / "log"))
        stack.callback(running.close)
        yield running


def logs_of(output):
    """Where the service says that its logs are."""
    limit = time.monotonic() + PATIENCE_S
    while time.monotonic() < limit:
        for line in output.read_text().splitlines():
            if line.startswith("ready:"):
                return Path(line.rpartition("logs in ")[2])
        time.sleep(0.1)
    raise AssertionError(output.read_text()[-3000:])


def processes_named(name):
    """Processes of this machine that Ray named so."""
    return [each for each in psutil.process_iter(["cmdline"]) if name in " ".join(each.info["cmdline"] or [])]


def shot(photo, **fields):
    return {"image": {"content": photo}, "scene_id": "white", "seed": 1, **WORDS, **fields}


def stream(service, photo, request_id="", preview_every=0, **fields):
    request = studio_pb2.StreamShotRequest(shot=shot(photo, **fields), preview_every=preview_every)
    return service.studio.StreamShot(request, metadata=[("request_id", request_id or uuid.uuid4().hex)])


def end_of(service, request_id):
    """The log's line about a drawing that ended early: its reason, and the steps that it had made."""
    limit = time.monotonic() + PATIENCE_S
    while time.monotonic() < limit:
        for line in service.log_lines(request_id):
            if line["event"] == "drawing ended early":
                return line["reason"], line["step"]
        time.sleep(0.1)
    raise AssertionError(f"the drawing of {request_id} did not end early")


def test_shot_is_drawn_step_by_step_around_an_unchanged_product(drawing, photo):
    events = list(stream(drawing, photo, preview_every=2, steps=4, plate_strength=0.0, thresholds={"ghost": 10.0}))
    steps = [event.step for event in events if event.WhichOneof("event") == "step"]
    assert [(step.step, step.steps, bool(step.preview)) for step in steps] == [
        (1, 4, False), (2, 4, True), (3, 4, False), (4, 4, False),
    ]  # fmt: skip
    assert steps[1].preview.startswith(b"\xff\xd8")
    assert events[-1].shot.preservation.identical


def test_what_computes_the_networks_is_told_by_health_and_metrics(drawing):
    told = drawing.http.get("/readyz").json()["told"]["generate"]
    assert (told["runner"], told["device"]) == ("torch", "cpu")
    assert told["reason"]
    limit = time.monotonic() + PATIENCE_S
    while "ray_vitrine_runner{" not in drawing.metrics():
        assert time.monotonic() < limit
        time.sleep(1)


def test_caller_who_cancels_a_stream_ends_the_drawing_within_one_step(drawing, photo):
    request_id = f"left-{uuid.uuid4().hex}"
    events = stream(drawing, photo, request_id, preview_every=1, steps=STEPS)
    next(event for event in events if event.step.step == 3)
    events.cancel()
    reason, step = end_of(drawing, request_id)
    assert reason == "cancelled"
    # The step that was being made when the message about the third came.
    assert step <= 4


def test_caller_who_hangs_up_on_http_ends_the_drawing_within_one_step(drawing, photo):
    request_id = f"hung-up-{uuid.uuid4().hex}"
    form = {"scene_id": "white", "steps": str(STEPS), "prompt": WORDS["prompt"], "negative_prompt": "{season}"}
    headers = {"Accept": "text/event-stream", "X-Request-Id": request_id}
    with drawing.http.stream(
        "POST", "/v1/shots", files={"image": ("a.jpg", photo)}, data=form, headers=headers
    ) as answer:
        told = (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))
        next(data for data in told if data.get("step") == 3)
    reason, step = end_of(drawing, request_id)
    assert reason == "cancelled"
    assert step <= 4


@pytest.fixture(scope="module")
def vitrine(drawing):
    with Vitrine(drawing.grpc_address) as client:
        yield client


@pytest.fixture(scope="module")
def styles(vitrine):
    """Two styles of the registry."""
    for seed, name in enumerate(("linen", "dusk")):
        vitrine.styles.add(name, adapter_data(seed=seed, alpha=64.0))
    yield
    for name in ("linen", "dusk"):
        vitrine.styles.remove(name)


def drawn_with(service, photo, *styles):
    """What a picture drawn with these styles holds, and its recipe's digest."""
    wanted = [{"style_id": name, "weight": weight} for name, weight in styles]
    fields = {"steps": 4, "plate_strength": 0.0, "thresholds": {"ghost": 10.0}, "deterministic": True}
    made = service.studio.CreateShot(studio_pb2.CreateShotRequest(**shot(photo, styles=wanted, **fields)))
    return made.image.sha256, made.recipe_sha256


def test_styles_are_swapped_and_nothing_of_one_stays(drawing, styles, photo):
    linen, dusk = ("linen", 0.8), ("dusk", 0.8)
    seen = [drawn_with(drawing, photo, *each) for each in ([linen], [dusk], [linen], [], [linen, dusk], [dusk, linen])]
    assert seen[0] == seen[2]
    assert seen[4] == seen[5]
    assert len({picture for picture, _ in seen}) == len({recipe for _, recipe in seen}) == 4


#: A drawing that is the same each time, and smaller than its picture.
SMALL = {
    "steps": 2, "plate_strength": 0.0, "deterministic": True, "canvas": {"width": 400, "height": 320},
    "thresholds": {"ghost": 10.0, "halo": 255.0},
}  # fmt: skip


def test_drawings_are_enlarged_by_a_network_for_callers_and_in_jobs(drawing, vitrine, photo):
    over_http = {**shot(photo, **SMALL), "image": {"content": base64.b64encode(photo).decode()}, "upscale": True}
    larger = drawing.http.post("/v1/shots", json=over_http).raise_for_status().json()
    plain = vitrine.shot(photo, "white", **WORDS, seed=1, **SMALL)
    assert larger["preservation"]["identical"]
    assert larger["image"]["sha256"] != plain.image.sha256
    image, beside = {"content": photo}, np.zeros((400, 600), np.uint8)
    beside[:40, :40] = 255
    mask = {"content": encoded(beside, "PNG")}
    items = [
        {"key": "larger", "image": image},
        {"key": "faulty", "image": image, "shot": {"recolour": {"to": "red", "mask": mask}}},
        {"key": "plain", "image": image, "shot": {"upscale": False}},
    ]
    recipe = CreateShotRequest.model_validate({"scene_id": "white", "seed": 1, **WORDS, **SMALL, "upscale": True})
    job = vitrine.jobs.create([JobItemSpec.model_validate(each) for each in items], recipe).job
    *_, last = vitrine.jobs.watch(job.job_id)
    found = {item.key: item for item in vitrine.jobs.items(job.job_id)}
    assert (last.job.counts.succeeded, last.job.counts.failed) == (2, 1), [each.error for each in found.values()]
    assert found["larger"].shot.image.sha256 == larger["image"]["sha256"]
    assert found["plain"].shot.image.sha256 == plain.image.sha256
    assert found["faulty"].error.code == "invalid_input"
    assert "nothing opaque of the product lies where the mask is bright" in found["faulty"].error.message


FAULTY = {
    "its layers": (adapter_data(layers={"mid_block.attentions.9.to_q": (64, 64)}), InvalidInput, "another arch"),
    "a pickle": (pickle.dumps({"a": 1}), InvalidInput, "a pickle, which may run code"),
    "its rank": (adapter_data(rank=65, layers=dict(list(LAYERS.items())[:1])), InvalidInput, "rank is 65"),
    "its numbers": (adapter_data(alpha=float("nan")), InvalidInput, "numbers that are none"),
    "its size": (b"x" * ((1 << 20) + 1), TooLarge, "at most 1048576 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("what", FAULTY)
def test_adapter_is_refused_for(drawing, vitrine, photo, what):
    data, error, words = FAULTY[what]
    known = vitrine.styles.all()
    with pytest.raises(error, match=words):
        vitrine.styles.add("faulty", data)
    assert vitrine.styles.all() == known
    with pytest.raises(NotFound):
        vitrine.shot(photo, "white", styles=[{"style_id": "faulty"}])
    assert drawing.http.get("/readyz").status_code == 200


@pytest.fixture
def cups(photo, tmp_path):
    """A picture to be learned from, with its caption."""
    file = tmp_path / "cup.jpg"
    file.write_bytes(photo)
    return [(file, "a red cup")]


def when(vitrine, made, holds):
    """The training once that holds of it."""
    limit = time.monotonic() + PATIENCE_S
    while not holds(training := vitrine.trainings.get(made.training_id)):
        assert time.monotonic() < limit, training
        time.sleep(0.1)
    return training


def test_style_is_trained_by_the_service_and_drawn_with(drawing, vitrine, cups, photo):
    made = vitrine.trainings.create("trained", cups, steps=3, batch=1, rank=2, learning_rate=0.05)
    training = when(vitrine, made, lambda training: training.end_time)
    assert (training.state, training.steps_done, training.error) == ("SUCCEEDED", 3, None)
    assert drawing.http.get(training.sample_sheet.url).content == vitrine.read_blob(training.sample_sheet.key)
    assert "trained" in [style.style_id for style in vitrine.styles.all()]
    with_it, without = drawn_with(drawing, photo, ("trained", 1.0)), drawn_with(drawing, photo)
    assert (with_it[0] != without[0], with_it[1] != without[1]) == (True, True)
    vitrine.styles.remove("trained")


def test_training_goes_on_where_its_trainer_is_killed(vitrine, cups):
    made = vitrine.trainings.create("survivor", cups, steps=3, batch=1, rank=2)
    when(vitrine, made, lambda training: training.steps_done)
    [trainer] = processes_named("ServeReplica:vitrine:Trainer")
    trainer.kill()
    training = when(vitrine, made, lambda training: training.end_time)
    assert (training.state, training.steps_done, training.error) == ("SUCCEEDED", 3, None)
    assert trainer not in processes_named("ServeReplica:vitrine:Trainer")
    vitrine.styles.remove("survivor")


def test_training_that_is_cancelled_stops_and_leaves_no_style(vitrine, cups):
    made = vitrine.trainings.create("never", cups, steps=5000, batch=1, rank=2)
    when(vitrine, made, lambda training: training.steps_done)
    assert vitrine.trainings.cancel(made.training_id).state == "CANCELLING"
    training = when(vitrine, made, lambda training: training.end_time)
    assert training.state == "CANCELLED"
    assert 0 < training.steps_done < 5000
    assert "never" not in [style.style_id for style in vitrine.styles.all()]
