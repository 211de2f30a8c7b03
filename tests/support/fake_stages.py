"""Stages that answer at once, for tests of what calls them."""

import asyncio
from collections import defaultdict

import numpy as np

from services.codecs.encode import encode_image
from services.common.alpha import OPAQUE
from services.common.errors import NotReady
from services.common.geometry import Box
from services.common.image import ImageFormat
from services.common.light import Finish, Light
from services.common.placement import Placement
from services.generate.schema import AdapterFacts, GenerateResult, StepDone
from services.lint.step import Step
from services.lint.verdict import Finding, Verdict
from services.postprocess.draft import keys_of
from services.postprocess.inspection import Inspection
from services.postprocess.preservation.evidence import Evidence
from services.postprocess.preservation.report import Measure, Report
from services.postprocess.preservation.thresholds import Level
from services.postprocess.proof import CoreDigest
from services.postprocess.schema import (
    CutoutResult,
    Fix,
    LayerName,
    LintResult,
    MendedPicture,
    Output,
    ReportResult,
    Reports,
    RestoreResult,
    StoredLayer,
)
from services.segment.schema import SegmentResult
from services.workflow.stages import Stages
from tests.support.products import block

#: Measures of each level, as far as anything here depends on their names.
BASIC = ("structure", "confidence")
FULL = (*BASIC, "boundary_iou")
CORE = CoreDigest("a" * 64, 12)
LIGHT = Light(0.0, 45.0, 10.0, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


class FakeStages:
    """All three stages. The product is the middle of the photo.

    Args:
        store: Where pictures go; None keeps none.
        confidence: Of every segmentation.
        faults: By stage, an error to raise instead of answering.
        slow: By stage, an event to wait for before answering.
        failing: By measure, how many pictures in a row fail it before one passes.
        whole: What segmentation saw before it was narrowed, (h, w) uint16.

    Attributes:
        requests: By stage, what came in last.
        seeds: Of all backgrounds, in order.
        cancelled: Stages that were stopped while they worked.
    """

    def __init__(self, store=None, confidence=0.9, faults=None, slow=None, failing=None, whole=None):
        self.store = store
        self.confidence = confidence
        self.faults = faults or {}
        self.slow = slow or {}
        self.failing = dict(failing or {})
        self.whole = whole
        self.seeds = []
        self.requests = {}
        self.cancelled = []
        self._reached = defaultdict(asyncio.Event)

    @property
    def stages(self):
        return Stages(_Segment(self), _Generate(self), self)

    def shot(self, request, cutout, scene):
        async def work():
            background = (await scene).background
            reports = self._reports(Level.BASIC)
            if not reports.passed:
                return RestoreResult(None, (), reports, None, "a" * 64, "a" * 64, 12, "none", 0.25)
            blob = self._put(request.output, background)
            layers = tuple(StoredLayer(name, self._put_layer(name, request.output.key)) for name in request.layers)
            kept = inspection_of(background) if request.level is Level.FULL else None
            return RestoreResult(blob, layers, reports, kept, "a" * 64, "a" * 64, 12, "none", 0.25)

        return self.begin("postprocess", request, work)

    def report(self, request, shot, seen):
        async def work():
            await shot
            await seen
            heat_map = StoredLayer(LayerName.HEATMAP, self._put_layer(LayerName.HEATMAP, request.key))
            return ReportResult(self._reports(Level.FULL), (heat_map,), 0.25)

        return self.begin("report", request, work)

    def _reports(self, level):
        measures = []
        told = BASIC if level is Level.BASIC else FULL
        for name in (*told, *(self.failing.keys() - set(FULL))):
            fails = self.failing.get(name, 0) > 0
            self.failing[name] = self.failing.get(name, 0) - 1
            measures.append(Measure(name, 0.5, "", 0.6, not fails, (1, 2)))
        return Reports(Report(level, tuple(measures), {}, CORE, CORE))

    def cutout(self, request, image, cutout):
        async def work():
            alpha = (await cutout).alpha
            picture = image if request.background else np.dstack([image, (alpha // 257).astype(np.uint8)])
            return CutoutResult(self._put(request.output, picture), 0.25)

        return self.begin("postprocess", request, work)

    def lint(self, request, cutout):
        async def work():
            verdict = verdict_of(request.rule_set, passed=not self.failing.get("lint"))
            fix = None
            if request.fix and verdict.broken:
                output = Output(ImageFormat.JPEG, request.fix.quality, request.fix.key)
                box = (await cutout).box
                place = Placement(request.photo.image.shape[:2], box, box.top, box.left, 1.0, box)
                blob = self._put(output, request.photo.image)
                mended = MendedPicture(blob, (Step.GROUND,), place, None, "a" * 64, "a" * 64, 12, "none")
                fix = Fix(verdict_of(request.rule_set, passed=True), mended)
            return LintResult(verdict, fix, 0.25)

        return self.begin("postprocess", request, work)

    def examine(self, request):
        async def work():
            return AdapterFacts(4, ("unet",), "fake 1")

        return self.begin("examine", request, work)

    def discard(self, request):
        async def work():
            if self.store is not None:
                self.store.delete(keys_of(request.output, request.layers, request.instances))

        return self.begin("discard", request, work)

    def begin(self, stage, request, work):
        async def answer():
            self._reached[stage].set()
            try:
                if stage in self.slow:
                    await self.slow[stage].wait()
            except asyncio.CancelledError:
                self.cancelled.append(stage)
                raise
            if stage in self.faults:
                raise self.faults[stage]
            return await work()

        self.requests[stage] = request
        task = asyncio.ensure_future(answer())
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    async def reached(self, stage):
        """Wait until the stage has begun."""
        await self._reached[stage].wait()

    async def probe(self, stage):
        if isinstance(self.faults.get(stage), NotReady):
            raise self.faults[stage]
        return {"runner": "fake"} if stage == "generate" else True

    def _put_layer(self, name, key):
        return self.store.put(f"{key}-{name.lower()}.png", name.encode(), "image/png")

    def _put(self, output, image):
        data = encode_image(image, output.format, output.quality)
        return self.store.put(f"{output.key}.{output.format.extension}", data, output.format.media_type)


def verdict_of(rule_set, *, passed):
    """A verdict of all its rules."""
    return Verdict(tuple(Finding(rule, passed, "something") for rule in rule_set.rules))


class _Segment:
    def __init__(self, fakes):
        self.fakes = fakes

    def run(self, request):
        async def work():
            height, width = request.image.shape[:2]
            box = Box(height // 4, width // 4, height // 2, width // 2)
            alpha = np.zeros((height, width), np.uint16)
            alpha[box.slices()] = OPAQUE
            found = box if self.fakes.confidence else None
            worn = request.selection is not None and request.selection.ghost_mannequin
            return SegmentResult(
                alpha, request.image, found, self.fakes.confidence, "fake 1", 0.5, whole=self.fakes.whole,
                mannequin_confidence=0.75 if worn else None,
            )  # fmt: skip

        return self.fakes.begin("segment", request, work)


class _Generate:
    def __init__(self, fakes):
        self.fakes = fakes

    def run(self, request, cutout=None, on_step=None):
        async def work():
            self.fakes.seeds.append(request.seed)
            for step in steps_of(request.drawing) if on_step else ():
                on_step(step)
            background = np.full((*request.camera.size_hw, 3), request.seed % 256, np.uint8)
            return GenerateResult(background, LIGHT, Finish(0.0, 1.0), "fake 1", 0.125)

        return self.fakes.begin("generate", request, work)


def steps_of(drawing):
    """Every step of a drawing, with the previews it asks for."""
    every = drawing.preview_every
    for step in range(1, drawing.steps + 1):
        preview = np.zeros((24, 32, 3), np.uint8) if every and step % every == 0 else None
        yield StepDone(step, drawing.steps, preview)


def inspection_of(picture):
    """A shot whose product fills its picture, (H, W, 3) uint8."""
    product = block(picture.shape[:2], Box(0, 0, *picture.shape[:2]))
    return Inspection.of(Evidence(picture, product, None, harmonized=False, confidence=0.9))
