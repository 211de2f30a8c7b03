"""Pictures of one product, until one keeps it as it was: while the report says no, with another seed."""

import asyncio
import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.api.common import StageName
from services.api.studio import PreservationReport
from services.common.errors import VitrineError
from services.common.logs import logger
from services.generate.schema import GenerateRequest, GenerateResult
from services.postprocess.preservation.thresholds import Level
from services.postprocess.schema import (
    DiscardRequest,
    LayerName,
    Output,
    ReportRequest,
    ReportResult,
    RestoreRequest,
    RestoreResult,
)
from services.segment.schema import SegmentRequest
from services.workflow.acceptance import Acceptance
from services.workflow.answer import report_answer
from services.workflow.attempt import Attempt
from services.workflow.layout import Layout
from services.workflow.product import Product
from services.workflow.quality import QualityMetrics
from services.workflow.recipe import Recipe
from services.workflow.refusal import OF_THE_COLOUR, OF_THE_PHOTO, failed, refusal
from services.workflow.stages import Pending, Stages
from services.workflow.walk import Walk

#: A request that failed waits so long at most for its files to be removed, and they are tried to be for so long, in
#: seconds.
_WAITED_S: Final = 2.0
_TRIED_S: Final = 30.0


def seeds(first: int, count: int) -> Iterator[int]:
    """The seeds of a shot's attempts, uint32 each: the first, then such as follow from it, so that the same request
    always has the same outcome."""
    for number in range(count):
        yield first if number == 0 else int.from_bytes(hashlib.sha256(f"{first}/{number}".encode()).digest()[:4])


class Attempts:
    """Makes the pictures of one request.

    Args:
        stages: Who makes and measures them.
        walk: The request's way through the stages.
        product: What is shown.
        layout: Where it stands.
        output: How the picture is written; every attempt writes to the same key.
        layers: Parts of the picture that are wanted beside it.
        acceptance: What it has to pass.
        quality: Told of every report.
    """

    def __init__(
        self,
        stages: Stages,
        walk: Walk,
        product: Product,
        layout: Layout,
        output: Output,
        layers: Sequence[LayerName],
        acceptance: Acceptance,
        quality: QualityMetrics,
    ) -> None:
        self._stages = stages
        self._walk = walk
        self._product = product
        self._layout = layout
        self._output = output
        # With the full report comes the heat map, drawn from more than the picture's own making knows.
        full = acceptance.level is Level.FULL
        self._layers = tuple(name for name in dict.fromkeys(layers) if not (full and name is LayerName.HEATMAP))
        self._acceptance = acceptance
        self._quality = quality
        self._may_have_stored = False

    async def until_passed(self, recipe: Recipe) -> Attempt:
        """The first picture that passes.

        Args:
            recipe: With the seed of the first attempt.

        Raises:
            ProductChanged: No picture passed of those that the acceptance allows, or that time allows, or no other seed
                would mend what failed. Carries the last one's report.
        """
        try:
            return await self._first_passed(recipe)
        except BaseException:
            # A picture may pass what is measured while it is made, be stored, and fail what is measured after that.
            if self._may_have_stored:
                await self._discard()
            raise

    async def _first_passed(self, recipe: Recipe) -> Attempt:
        for number, seed in enumerate(seeds(recipe.seed, self._acceptance.max_attempts), start=1):
            began = time.monotonic()
            attempt = await self._make(replace(recipe, seed=seed), number)
            self._quality.measured(attempt.report)
            if attempt.report.passed:
                return attempt
            beyond = sorted({each.name for each in failed(attempt.report)})
            logger().info("picture does not keep its product", attempt=number, seed=seed, beyond=beyond)
            if not self._may_mend(attempt.report, time.monotonic() - began):
                break
        self._quality.refused(attempt.report)
        raise refusal(attempt.report)

    def _may_mend(self, report: PreservationReport, took_s: float) -> bool:
        """Whether another seed could pass, in the time that is left."""
        remaining_s = self._walk.deadline.remaining_s()
        in_time = remaining_s is None or remaining_s > took_s
        return in_time and not any(each.name in OF_THE_PHOTO | OF_THE_COLOUR for each in failed(report))

    async def _make(self, recipe: Recipe, number: int) -> Attempt:
        walk = self._walk
        scene = self._background(recipe, number)
        # Waited for before Postprocess is called, which would else hold one of its places until the scene is there.
        generated = await walk.remote(StageName.GENERATE, scene, lambda result: result.duration_s)
        self._may_have_stored = True
        shot = self._stages.postprocess.shot(self._restore_request(recipe), self._product.cutout, scene)
        restored = await walk.remote(StageName.POSTPROCESS, shot, lambda result: result.duration_s)
        reports, layers = restored.reports, restored.layers
        if restored.kept is not None and reports.passed:
            measured = await self._measured(shot, restored.kept.evidence.picture)
            reports, layers = measured.reports, (*layers, *measured.layers)
        report = report_answer(reports, number)
        digest = await asyncio.to_thread(recipe.sha256, self._output, self._product.model, generated.engine)
        return Attempt(recipe, restored, layers, report, digest)

    def _background(self, recipe: Recipe, number: int) -> Pending[GenerateResult]:
        walk = self._walk
        request = GenerateRequest(
            recipe.scene.id, self._layout.camera, recipe.seed, walk.request_id, walk.deadline.at_s,
            recipe.reference, recipe.drawing, recipe.upscale,
        )  # fmt: skip
        if recipe.drawing is None:
            return self._stages.generate.run(request)
        on_step = partial(walk.progress.stepped, attempt=number) if walk.progress.watched else None
        return self._stages.generate.run(request, self._product.cutout, on_step)

    async def _measured(self, shot: Pending[RestoreResult], picture: NDArray[np.uint8]) -> ReportResult:
        """The full report: what segmentation sees in the picture tells where the product's outline went."""
        walk = self._walk
        seen = self._stages.segment.run(SegmentRequest(picture, walk.request_id, walk.deadline.at_s))
        await walk.remote(StageName.SEGMENT, seen, lambda result: result.duration_s)
        request = ReportRequest(self._acceptance.thresholds, self._output.key, walk.request_id, walk.deadline.at_s)
        call = self._stages.postprocess.report(request, shot, seen)
        return await walk.remote(StageName.POSTPROCESS, call, lambda result: result.duration_s)

    async def _discard(self) -> None:
        """Remove what any attempt stored. That outlives the request's own time, and its caller does not wait for long;
        work that is still being stopped removes what it wrote itself."""
        self._walk.stop()
        request = DiscardRequest(
            self._output, self._layers, len(self._product.instances), self._walk.request_id, time.time() + _TRIED_S
        )
        removal = asyncio.ensure_future(_removed(self._stages.postprocess.discard(request)))
        await asyncio.wait([removal], timeout=_WAITED_S)

    def _restore_request(self, recipe: Recipe) -> RestoreRequest:
        return RestoreRequest(
            image=self._product.image,
            placement=self._layout.placement,
            camera=self._layout.camera,
            pose=recipe.pose,
            shadow=recipe.shadow,
            preservation=recipe.preservation,
            output=self._output,
            seed=recipe.seed,
            layers=self._layers,
            level=self._acceptance.level,
            thresholds=self._acceptance.thresholds,
            recolour=self._product.recolour,
            cover=recipe.cover,
            request_id=self._walk.request_id,
            deadline_s=self._walk.deadline.at_s,
        )


async def _removed(call: Pending[None]) -> None:
    try:
        await call
    except VitrineError as error:
        logger().warning("files of a refused shot could not be removed", error=error.message)
