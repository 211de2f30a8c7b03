"""The walk from a photo to a finished picture: decode, segment, lay out, generate, postprocess.

A stage never calls another stage; only this class does. It knows neither transports nor Serve.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
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
    PreservationProof,
    ProductInstance,
    ProductSelection,
)
from services.codecs.photo import Photo, decode_image
from services.common.deadline import Deadline
from services.common.errors import InvalidInput, ProductNotFound
from services.common.geometry import Box
from services.common.image import ImageFormat
from services.common.settings import LimitSettings
from services.generate.scene import Scene, SceneCatalog
from services.generate.schema import GenerateRequest
from services.postprocess.schema import CutoutRequest, Output, Placement, RestoreRequest, RestoreResult
from services.segment.schema import Instance, SegmentRequest, SegmentResult, Selection
from services.storage.blobs import StoredBlob
from services.workflow.events import Listener, nobody_listens
from services.workflow.fit import Fit, check_named, fit_view
from services.workflow.layout import Layout, check_canvas, plan_layout
from services.workflow.recipe import Recipe
from services.workflow.selection import select
from services.workflow.stages import Pending, Stages
from services.workflow.viewpoint import find_viewpoint
from services.workflow.walk import Walk

#: Written when a request names no quality.
DEFAULT_QUALITY: Final = 92


@dataclass(frozen=True)
class Product:
    """The decoded photo and what segmentation found in it.

    Args:
        image: (H, W, 3) uint8 sRGB.
        alpha: (H, W) uint16, its cutout.
        cutout: Segmentation's result, to be handed on as it is.
        box: Where the product is.
        confidence: 0 to 1.
        model: Name and version of the segmentation model, or that the photo's own alpha was taken.
        instances: The products it consists of.
    """

    image: NDArray[np.uint8]
    alpha: NDArray[np.uint16]
    cutout: Pending[SegmentResult]
    box: Box
    confidence: float
    model: str
    instances: tuple[Instance, ...]


class ShotWorkflow:
    """Walks requests through the stages.

    Args:
        stages: Where they are; local ones or Serve's handles.
        scenes: The scenes a shot may ask for.
        limits: Of images, canvases and time.
        min_confidence: Below this the photo holds no product, 0 to 1.
        draw_seed: Gives the seed of a request that names none.
    """

    def __init__(
        self,
        stages: Stages,
        scenes: SceneCatalog,
        limits: LimitSettings,
        min_confidence: float,
        draw_seed: Callable[[], int] = lambda: secrets.randbelow(UINT32_MAX + 1),
    ) -> None:
        self._stages = stages
        self._scenes = scenes
        self._limits = limits
        self._min_confidence = min_confidence
        self._draw_seed = draw_seed

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
        self, request: CreateCutoutRequest, request_id: str = "", deadline: Deadline | None = None
    ) -> CreateCutoutResponse:
        """Cut the product out of its photo.

        Args:
            request: What to do.
            request_id: For logs and the blob's key.
            deadline: Made from the request's timeout when absent.

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
            product = await self._find_product(walk, request.image.content, request.selection)
            call = self._stages.postprocess.cutout(
                CutoutRequest(
                    crop=_padded(product, request.padding) if request.crop else None,
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
            image=_blob(written.blob),
            box=_api_box(product.box),
            confidence=product.confidence,
            model=product.model,
            timings=walk.progress.timings,
            instances=_instances(product),
        )

    async def shot(
        self,
        request: CreateShotRequest,
        request_id: str = "",
        deadline: Deadline | None = None,
        listener: Listener = nobody_listens,
    ) -> CreateShotResponse:
        """Put the product into a scene.

        Args:
            request: What to do.
            request_id: For logs and the blob's key.
            deadline: Made from the request's timeout when absent.
            listener: Told of every stage's beginning and end.

        Returns:
            The answer, its blob without address and content.

        Raises:
            VitrineError: Any of the tree's; `ProductNotFound` when the segmentation is not sure enough.
        """
        check_canvas(request.canvas, self._limits.max_canvas_px)
        asked = self._scenes.get(request.scene_id)
        check_named(asked, request.pose, request.camera_pitch_deg)
        output = _output(request.output, ImageFormat.JPEG, "shots", request_id)
        async with Walk.within(deadline or self.deadline(request.timeout), request_id, listener) as walk:
            product = await self._find_product(walk, request.image.content, request.selection)
            fit, layout = await walk.local(StageName.LAYOUT, self._placed, request, asked, product)
            recipe = Recipe.resolve(request, asked, fit, self._draw_seed)
            restored, engine = await self._picture(walk, recipe, product, layout, output)
            digest = await asyncio.to_thread(recipe.sha256, output, product.model, engine)
        return CreateShotResponse(
            request_id=request_id,
            image=_blob(restored.blob),
            scene_id=recipe.scene.id,
            seed=recipe.seed,
            product_box=_api_box(layout.placement.product_box),
            scale=layout.placement.scale,
            confidence=product.confidence,
            preservation=_proof(restored, layout.placement),
            recipe_sha256=digest,
            timings=walk.progress.timings,
            pose=fit.pose,
            camera_pitch_deg=fit.pitch_deg,
            view_confidence=fit.confidence,
            instances=_instances(product),
        )

    def _placed(self, request: CreateShotRequest, scene: Scene, product: Product) -> tuple[Fit, Layout]:
        """Pose and pitch, read from the photo where the request names none, and the product's place."""
        fit = Fit.named(request.pose, request.camera_pitch_deg)
        if fit is None:
            viewpoint = find_viewpoint(product.image, product.alpha, request.pose)
            fit = fit_view(viewpoint, self._scenes, scene, request.pose, request.camera_pitch_deg)
        layout = plan_layout(
            product.image.shape[:2], product.box, scene, request.canvas, fit.pose, fit.pitch_deg,
            self._limits.max_canvas_px,
        )  # fmt: skip
        return fit, layout

    async def _picture(
        self, walk: Walk, recipe: Recipe, product: Product, layout: Layout, output: Output
    ) -> tuple[RestoreResult, str]:
        """The finished picture, and what made its background."""
        scene = self._stages.generate.run(
            GenerateRequest(recipe.scene.id, layout.camera, recipe.seed, walk.request_id, walk.deadline.at_s)
        )
        # Waited for before Postprocess is called, which would else hold one of its places until the scene is there.
        generated = await walk.remote(StageName.GENERATE, scene, lambda result: result.duration_s)
        call = self._stages.postprocess.shot(
            RestoreRequest(
                image=product.image,
                placement=layout.placement,
                camera=layout.camera,
                pose=recipe.pose,
                shadow=recipe.shadow,
                preservation=recipe.preservation,
                output=output,
                seed=recipe.seed,
                request_id=walk.request_id,
                deadline_s=walk.deadline.at_s,
            ),
            product.cutout,
            scene,
        )
        restored = await walk.remote(StageName.POSTPROCESS, call, lambda result: result.duration_s)
        return restored, generated.engine

    async def _find_product(self, walk: Walk, photo: bytes, wanted: ProductSelection | None) -> Product:
        decoded, selection = await walk.local(StageName.DECODE, self._decoded, photo, wanted)
        cutout = self._stages.segment.run(
            SegmentRequest(decoded.image, walk.request_id, walk.deadline.at_s, decoded.alpha, selection)
        )
        found = await walk.remote(StageName.SEGMENT, cutout, lambda result: result.duration_s)
        if found.box is None or found.confidence < self._min_confidence:
            raise _not_found(found.confidence, self._min_confidence, selection)
        return Product(decoded.image, found.alpha, cutout, found.box, found.confidence, found.model, found.instances)

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


def _padded(product: Product, share: float) -> Box:
    margin = round(share * max(product.box.height, product.box.width))
    height, width = product.image.shape[:2]
    return product.box.grown(margin, (height, width))


def _rgb(colour: str) -> tuple[int, int, int] | None:
    if not colour:
        return None
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def _blob(stored: StoredBlob) -> api.Blob:
    return api.Blob(
        key=stored.key,
        media_type=stored.media_type,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        width=stored.width,
        height=stored.height,
    )


def _api_box(box: Box) -> api.Box:
    return api.Box(left=box.left, top=box.top, width=box.width, height=box.height)


def _instances(product: Product) -> list[ProductInstance]:
    return [
        ProductInstance(box=_api_box(each.box), area_px=each.area_px, confidence=each.confidence)
        for each in product.instances
    ]


def _proof(restored: RestoreResult, placement: Placement) -> PreservationProof:
    top, left = placement.origin_yx or (0, 0)
    return PreservationProof(
        core_sha256_before=restored.core_sha256_before,
        core_sha256_after=restored.core_sha256_after,
        # Of nothing, nothing can be proved.
        identical=restored.core_area_px > 0 and restored.core_sha256_before == restored.core_sha256_after,
        core_area_px=restored.core_area_px,
        resampling=restored.resampling,
        origin_left=left,
        origin_top=top,
    )
