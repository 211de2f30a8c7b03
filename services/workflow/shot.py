"""The walk from a photo to a finished picture: decode, segment, lay out, generate, postprocess.

A stage never calls another stage; only this class does. It knows neither transports nor Serve.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.api import common as api
from services.api.common import StageName
from services.api.studio import (
    UINT32_MAX,
    CreateCutoutRequest,
    CreateCutoutResponse,
    CreateShotRequest,
    CreateShotResponse,
    ProductSelection,
)
from services.codecs.photo import Photo, decode_image, decode_named
from services.common.deadline import Deadline
from services.common.errors import InvalidInput, ProductNotFound
from services.common.image import ImageFormat
from services.common.settings import GenerateSettings, LimitSettings, PreservationSettings
from services.fetch.sources import Sources
from services.generate.scene import Scene, SceneCatalog
from services.postprocess.schema import CutoutRequest, Output
from services.segment.schema import SegmentRequest, Selection
from services.workflow.acceptance import AcceptancePolicy
from services.workflow.answer import blob_answer, box_answer, instance_answer
from services.workflow.attempts import Attempts
from services.workflow.drawing import DrawingPolicy
from services.workflow.events import Listener, nobody_listens
from services.workflow.fit import Fit, check_named, fit_view
from services.workflow.layout import Layout, check_canvas, plan_layout
from services.workflow.product import Product
from services.workflow.recipe import Recipe
from services.workflow.selection import select
from services.workflow.shot_answer import shot_answer
from services.workflow.stages import Stages
from services.workflow.viewpoint import find_viewpoint
from services.workflow.walk import Walk

#: Written when a request names no quality.
DEFAULT_QUALITY: Final = 92


class ShotWorkflow:
    """Walks requests through the stages.

    Args:
        stages: Where they are; local ones or Serve's handles.
        scenes: The scenes a shot may ask for.
        limits: Of images, canvases and time.
        min_confidence: Below this the photo holds no product, 0 to 1.
        policy: What pictures have to pass; the shipped one where None.
        draw_seed: Gives the seed of a request that names none.
        drawings: What a diffusion model draws; nothing where None.
        sources: Gets photos that requests name by an address; where None, such requests are refused.
    """

    def __init__(
        self,
        stages: Stages,
        scenes: SceneCatalog,
        limits: LimitSettings,
        min_confidence: float,
        policy: AcceptancePolicy | None = None,
        draw_seed: Callable[[], int] = lambda: secrets.randbelow(UINT32_MAX + 1),
        drawings: DrawingPolicy | None = None,
        sources: Sources | None = None,
    ) -> None:
        self._stages = stages
        self._scenes = scenes
        self._limits = limits
        self._min_confidence = min_confidence
        self._policy = policy or AcceptancePolicy(PreservationSettings(), min_confidence)
        self._draw_seed = draw_seed
        self._drawings = drawings or DrawingPolicy(GenerateSettings())
        self._sources = sources or Sources()

    def deadline(self, timeout_s: float | None) -> Deadline:
        """When a request that arrives now is given up.

        Raises:
            InvalidInput: It asks for more time than the operator allows.
        """
        wanted = self._limits.default_timeout_s if timeout_s is None else timeout_s
        longest = self._limits.max_timeout_s
        if wanted > longest:
            raise InvalidInput(
                f"a request may take at most {longest:g} s, got a timeout of {wanted:g} s",
                field="timeout", got=wanted, limit=longest,
            )  # fmt: skip
        return Deadline.after(wanted)

    async def cutout(
        self, request: CreateCutoutRequest, request_id: str = "", deadline: Deadline | None = None, tenant: str = ""
    ) -> CreateCutoutResponse:
        """Cut the product out of its photo.

        Args:
            request: What to do.
            request_id: For logs and the blob's key.
            deadline: Made from the request's timeout when absent.
            tenant: Whose request it is; decides from where its photo may come.

        Returns:
            The answer, its blob without address and content.

        Raises:
            VitrineError: Any of the tree's; `ProductNotFound` when the segmentation is not sure enough.
        """
        output = _output(request.output, ImageFormat.PNG, "cutouts", request_id)
        if output.format is ImageFormat.JPEG:
            raise InvalidInput(
                "a cutout is written as PNG, WEBP or AVIF, got JPEG, which has no transparency", field="output.format"
            )
        async with Walk.within(deadline or self.deadline(request.timeout), request_id) as walk:
            request = await self._sources.fetched(request, tenant, walk.deadline)
            product = await self._find_product(walk, request.image.content, request.selection)
            call = self._stages.postprocess.cutout(
                CutoutRequest(
                    crop=product.padded_box(request.padding) if request.crop else None,
                    background=_rgb(request.background_color),
                    output=output,
                    request_id=request_id,
                    deadline_s=walk.deadline.at_s,
                ),
                product.image,
                product.cutout,
            )
            written = await walk.remote(StageName.POSTPROCESS, call, lambda result: result.duration_s)
        return CreateCutoutResponse(
            request_id=request_id,
            image=blob_answer(written.blob),
            box=box_answer(product.box),
            confidence=product.confidence,
            model=product.model,
            timings=walk.progress.timings,
            instances=[instance_answer(each) for each in product.instances],
        )

    async def shot(
        self,
        request: CreateShotRequest,
        request_id: str = "",
        deadline: Deadline | None = None,
        listener: Listener = nobody_listens,
        tenant: str = "",
        preview_every: int = 0,
    ) -> CreateShotResponse:
        """Put the product into a scene; with another seed, while the picture does not keep it as it was.

        Args:
            request: What to do.
            request_id: For logs and the blob's key.
            deadline: Made from the request's timeout when absent.
            listener: Told of every stage's beginning and end, and of a drawing's steps.
            tenant: Whose request it is; decides what the picture has to pass, and from where its photo may come.
            preview_every: Steps between previews for the listener; 0 = none.

        Returns:
            The answer, its blobs without address and content.

        Raises:
            VitrineError: Any of the tree's; `ProductNotFound` when the segmentation is not sure enough,
                `ProductChanged` when no picture passed.
        """
        check_canvas(request.canvas, self._limits.max_canvas_px)
        asked = self._scenes.get(request.scene_id)
        check_named(asked, request.pose, request.camera_pitch_deg)
        self._drawings.check(request, asked)
        output = _output(request.output, ImageFormat.JPEG, "shots", request_id)
        async with Walk.within(deadline or self.deadline(request.timeout), request_id, listener) as walk:
            request = await self._sources.fetched(request, tenant, walk.deadline)
            product = await self._find_product(walk, request.image.content, request.selection)
            fit, layout = await walk.local(StageName.LAYOUT, self._placed, request, asked, product)
            drawing = self._drawings.of(request, asked, layout.placement, preview_every)
            reference = await asyncio.to_thread(self._reference, request.reference)
            recipe = Recipe.resolve(request, asked, fit, self._draw_seed, drawing, reference)
            acceptance = self._policy.of(request, tenant)
            attempts = Attempts(self._stages, walk, product, layout, output, request.layers, acceptance)
            made = await attempts.until_passed(recipe)
        return shot_answer(walk, product, fit, layout, made)

    def _placed(self, request: CreateShotRequest, scene: Scene, product: Product) -> tuple[Fit, Layout]:
        """Pose and pitch, read from the photo where the request names none, and the product's place."""
        fit = Fit.named(request.pose, request.camera_pitch_deg)
        if fit is None:
            viewpoint = find_viewpoint(product.image, product.whole, request.pose)
            fit = fit_view(viewpoint, self._scenes, scene, request.pose, request.camera_pitch_deg)
        layout = plan_layout(
            product.image.shape[:2], product.box, scene, request.canvas, fit.pose, fit.pitch_deg,
            self._limits.max_canvas_px,
        )  # fmt: skip
        return fit, layout

    async def _find_product(self, walk: Walk, photo: bytes, wanted: ProductSelection | None) -> Product:
        decoded, selection = await walk.local(StageName.DECODE, self._decoded, photo, wanted)
        cutout = self._stages.segment.run(
            SegmentRequest(decoded.image, walk.request_id, walk.deadline.at_s, decoded.alpha, selection)
        )
        found = await walk.remote(StageName.SEGMENT, cutout, lambda result: result.duration_s)
        if found.box is None or found.confidence < self._min_confidence:
            raise _not_found(found.confidence, self._min_confidence, selection)
        return Product(
            image=decoded.image,
            alpha=found.alpha,
            whole=found.alpha if found.whole is None else found.whole,
            cutout=cutout,
            box=found.box,
            confidence=found.confidence,
            model=found.model,
            instances=found.instances,
        )

    def _reference(self, wanted: api.ImageSource | None) -> NDArray[np.uint8] | None:
        if wanted is None:
            return None
        return decode_named(wanted.content, self._limits.image, "the reference", "reference").on_white()

    def _decoded(self, photo: bytes, wanted: ProductSelection | None) -> tuple[Photo, Selection | None]:
        decoded = decode_image(photo, self._limits.image)
        return decoded, select(wanted, (decoded.image.shape[0], decoded.image.shape[1]), self._limits.image)


def _not_found(confidence: float, least: float, selection: Selection | None) -> ProductNotFound:
    told = f"confidence is {confidence:.2f}, wanted is at least {least:.2f}"
    if selection is None:
        message = f"no product was found in the photo: {told}; send a photo with one product clearly in front"
        return ProductNotFound(message, confidence=round(confidence, 4), limit=least)
    return ProductNotFound(
        f"nothing that the selection leaves is a product: {told}; widen the mask or the boxes, or move the points",
        confidence=round(confidence, 4), limit=least, field="selection",
    )  # fmt: skip


def _output(wanted: api.OutputOptions, default: ImageFormat, folder: str, request_id: str) -> Output:
    """The key is unguessable, because whoever knows it may read the blob; callers may choose request ids."""
    key = f"{folder}/{request_id or 'local'}-{secrets.token_hex(16)}"
    return Output(wanted.format or default, wanted.quality or DEFAULT_QUALITY, key)


def _rgb(colour: str) -> tuple[int, int, int] | None:
    if not colour:
        return None
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
