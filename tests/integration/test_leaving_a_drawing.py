"""Whoever leaves a drawing, or runs out of time, ends it within one step: counted on the real loop, edge to network."""

import asyncio
import base64
import json
import threading
from collections import Counter

import pytest

from services.common.executor import StageExecutor
from services.common.metrics import Recorder, Silent
from services.generate.diffusion.adapters import Adapters
from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.diffusion.estimates import Estimates
from services.generate.diffusion.painter import DiffusionPainter
from services.generate.engine.adapter import AdapterReader
from services.generate.environment import Environment
from services.generate.generator import Generator
from services.generate.loop import DenoisingLoop
from services.generate.pipeline import InpaintPipeline
from services.generate.plates.painter import PlatePainter
from services.generate.scene import SceneCatalog
from services.jobs.courtesy import Courtesy
from services.jobs.errand import Errand
from services.jobs.worker import Worker
from services.pb.vitrine.v1 import studio_pb2
from services.tenants.content import ContentPolicy
from services.workflow.content import ContentGuard
from services.workflow.local import LocalGenerate
from tests.support.asgi_call import AsgiCall
from tests.support.fake_claimant import task
from tests.support.gateway_parts import Parts
from tests.support.memory_blobs import MemoryBlobs
from tests.support.panorama import room_with_window
from tests.support.patience import until
from tests.support.tiny_checkpoint import write_tiny_checkpoint
from tests.unit.gateway.test_grpc_api import FakeContext

#: Steps that are let through before the caller leaves, of many more.
LET = 3
SHOT = {
    "scene_id": "white", "seed": 1, "steps": 50, "plate_strength": 0.0, "prompt": "{product}",
    "negative_prompt": "{product}", "words": {"product": "a cup"}, "canvas": {"width": 64, "height": 64},
}  # fmt: skip
NEXT = SHOT | {"seed": 2, "steps": 10}


class GatedPipeline(InpaintPipeline):
    """Takes a step when it is let, and counts those of each seed."""

    def __init__(self, *args):
        super().__init__(*args)
        self.steps = Counter()
        self.gate = threading.Semaphore(0)

    def predict(self, inputs):
        self.gate.acquire()
        return super().predict(inputs)

    def advance(self, sample, prediction):
        super().advance(sample, prediction)
        self.steps[sample.request.seed] += 1


@pytest.fixture
def pipeline(tmp_path):
    return GatedPipeline.open(Checkpoint.read(write_tiny_checkpoint(tmp_path / "tiny"), "tiny"))


@pytest.fixture
def parts(tmp_path, pipeline):
    loop = DenoisingLoop(pipeline, Estimates())
    loop.start()
    plates = PlatePainter(lambda name: Environment(room_with_window(90, 40)), texture_px=256)
    adapters = Adapters(MemoryBlobs(), AdapterReader(pipeline.models), 0)
    generator = Generator(SceneCatalog.shipped(), plates, DiffusionPainter(pipeline, loop, "tiny 1", adapters))
    executor = StageExecutor("generate", Recorder(Silent), workers=2)
    yield Parts(tmp_path, draws=True, generate=LocalGenerate(generator, executor))
    pipeline.gate.release(1000)
    loop.close()
    executor.close()


@pytest.fixture
def worker(parts):
    """What makes items of jobs."""

    async def nobody_waits():
        return False

    courtesy = Courtesy(nobody_waits, 0.0, Recorder(Silent))
    content = ContentGuard(ContentPolicy(1.0), parts.store)
    return Worker(parts.workflow, lambda: Errand(parts.stages, courtesy), content, parts.store, patience_s=0)


@pytest.fixture
def start(parts, photo, worker, pipeline):
    """Begins a shot over a protocol, for a caller who waits for step 3 and leaves, or stays to the end; or an item of a
    job, which is cancelled then."""

    async def over_grpc(fields, leaves):
        request = studio_pb2.StreamShotRequest(shot={"image": {"content": photo}, **fields})
        stream = parts.grpc_api().StreamShot(request, FakeContext())
        async for message in stream:
            if leaves and message.step.step == LET:
                break
        await stream.aclose()

    async def over_http(fields, leaves):
        fields = {**fields, "timeout": f"{fields['timeout']['seconds']}s"} if "timeout" in fields else fields
        body = {"image": {"content": base64.b64encode(photo).decode()}, **fields}
        call = AsgiCall(parts.http_app(), "/v1/shots", body, "text/event-stream")
        if leaves:
            await call.said(f'"step":{LET},')
            await call.hang_up()
        await call.answer

    async def as_item(fields, leaves):
        fields = {**fields, "timeout": f"{fields['timeout']['seconds']}s"} if "timeout" in fields else fields
        image = {"blob_key": parts.store.put("shots/local/photo", photo, "image/jpeg").key}
        item = task(method="shot", recipe=json.dumps(fields), image=json.dumps(image))
        making = asyncio.create_task(worker.outcome(item))
        if leaves:
            await until(lambda: pipeline.steps[fields["seed"]] == LET)
            making.cancel()
        await asyncio.wait([making])

    return {"grpc": over_grpc, "http": over_http, "item": as_item}


@pytest.mark.parametrize("protocol", ["grpc", "http", "item"])
@pytest.mark.parametrize("ends", ["left", "late"])
async def test_drawing_ends_within_one_step(pipeline, start, protocol, ends):
    """The network is held in the step after; it ends before another one, though a later request has it go on."""
    pipeline.gate.release(LET)
    timeout = {"timeout": {"seconds": 1}} if ends == "late" else {}
    await start[protocol](SHOT | timeout, leaves=ends == "left")
    pipeline.gate.release(100)
    await start["grpc"](NEXT, leaves=False)
    assert pipeline.steps[NEXT["seed"]] == NEXT["steps"]
    assert 0 < pipeline.steps[SHOT["seed"]] <= LET + 1
