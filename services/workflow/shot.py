"""The walk from a photo to a finished picture: decode, segment, lay out, generate, postprocess.

A stage never calls another stage; only this class does. It knows neither transports nor Serve.
"""

import asyncio
import copy
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Self

from services.api import common as api
from services.api.common import StageName
from services.api.lint import LintPhotoRequest, LintPhotoResponse
from services.api.photo import PhotoRequest, recolour_in
from services.api.studio import (
    UINT32_MAX,
    CreateCutoutRequest,
    CreateCutoutResponse,
    CreateShotRequest,
    CreateShotResponse,
)
from services.common.deadline import Deadline
from services.common.errors import InvalidInput
from services.common.image import ImageFormat
from services.common.metrics import Recorder, Silent
from services.common.pose import Pose
from services.common.settings import GenerateSettings, LimitSettings, PreservationSettings, Settings
from services.common.tenant import LOCAL_TENANT
from services.fetch.sources import Sources
from services.generate.scene import Scene, SceneCatalog
from services.lint.ruleset import RuleSetCatalog
from services.postprocess.schema import CutoutRequest, Output
from services.provenance.origin import cutout_origin, shot_origin
from services.storage.owner import result_key
from services.styles.registry import StyleRegistry
from services.workflow.acceptance import AcceptancePolicy
from services.workflow.answer import blob_answer, box_answer, change_answer, instance_answer
from services.workflow.attempts import Attempts
from services.workflow.cover import CoverPolicy, plan_page
from services.workflow.drawing import DrawingPolicy
from services.workflow.events import Listener, nobody_listens
from services.workflow.finder import ProductFinder
from services.workflow.fit import Fit, check_named, fit_view
from services.workflow.layout import Layout, check_canvas, plan_layout
from services.workflow.lint_answer import lint_answer
from services.workflow.linting import Linting
from services.workflow.look import Look, let_pass
from services.workflow.product import Product
from services.workflow.quality import QualityMetrics
from services.workflow.recipe import Recipe
from services.workflow.recolour import check_recolour
from services.workflow.shot_answer import shot_answer
from services.workflow.stages import Stages
from services.workflow.styles import StyleFinder
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
        recorder: Gets what is measured of pictures.
        styles: Finds those that requests name; where None, such requests are refused.
        rule_sets: That photos are held against; the shipped ones where None.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - all that decides about a shot meets here
        self,
        stages: Stages,
        scenes: SceneCatalog,
        limits: LimitSettings,
        min_confidence: float,
        policy: AcceptancePolicy | None = None,
        draw_seed: Callable[[], int] = lambda: secrets.randbelow(UINT32_MAX + 1),
        drawings: DrawingPolicy | None = None,
        sources: Sources | None = None,
        recorder: Recorder | None = None,
        styles: StyleFinder | None = None,
        rule_sets: RuleSetCatalog | None = None,
    ) -> None:
        self._stages = stages
        self._scenes = scenes
        self._limits = limits
        self._min_confidence = min_confidence
        self._finder = ProductFinder(stages, limits.image, min_confidence)
        self._policy = policy or AcceptancePolicy(PreservationSettings(), min_confidence)
        self._draw_seed = draw_seed
        self._drawings = drawings or DrawingPolicy(GenerateSettings())
        self._sources = sources or Sources()
        self._quality = QualityMetrics(recorder or Recorder(Silent))
        self._styles = styles or StyleFinder()
        self._linting = Linting(rule_sets or RuleSetCatalog.shipped(), limits.max_canvas_px, DEFAULT_QUALITY)
        self._covers = CoverPolicy()

    @classmethod
    def open(
        cls,
        settings: Settings,
        stages: Stages,
        scenes: SceneCatalog,
        sources: Sources,
        recorder: Recorder,
        styles: StyleRegistry,
    ) -> Self:
        """As the settings say.

        Args:
            settings: The whole tree.
            stages: Where they are.
            scenes: The scenes a shot may ask for.
            sources: Gets photos that requests name by an address.
            recorder: Gets what is measured of pictures.
            styles: Those that requests may name.

        Raises:
            ValueError: A threshold of the operator's is out of its range, or a rule set of theirs can't be read.
        """
        min_confidence = settings.segment.min_confidence
        return cls(
            stages,
            scenes,
            settings.limits,
            min_confidence,
            AcceptancePolicy(settings.preservation, min_confidence),
            drawings=DrawingPolicy(settings.generate),
            sources=sources,
            recorder=recorder,
            styles=StyleFinder(styles),
            rule_sets=RuleSetCatalog.open(settings.lint.rule_sets_dir),
        )

    def through(self, stages: Stages) -> Self:
        """The same walk through other stages."""
        other = copy.copy(self)
        other._stages = stages
        other._finder = ProductFinder(stages, self._limits.image, self._min_confidence)
        return other

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

    def check(self, request: PhotoRequest, tenant: str = LOCAL_TENANT) -> None:
        """Refuse what is wrong with a request whatever its photo shows, before any work; nothing is fetched, but the
        list of styles where it names some.

        Args:
            request: Its photo may be missing.
            tenant: Whose request it is; decides from where its images may come.

        Raises:
            VitrineError: `InvalidInput`, `TooLarge`, `NotFound` or `Forbidden`; details name the field.
        """
        self.deadline(request.timeout)
        check_recolour(recolour_in(request))
        if isinstance(request, CreateShotRequest):
            self._scene_of(request)
            self._styles.found(request, tenant)
        elif isinstance(request, LintPhotoRequest):
            self._linting.rule_set_of(request)
        else:
            _check_transparent(request.output)
        self._sources.check(request, tenant)

    async def cutout(
        self,
        request: CreateCutoutRequest,
        request_id: str = "",
        deadline: Deadline | None = None,
        tenant: str = LOCAL_TENANT,
        look: Look = let_pass,
    ) -> CreateCutoutResponse:
        """Cut the product out of its photo.

        Args:
            request: What to do.
            request_id: For logs and the blob's key.
            deadline: Made from the request's timeout when absent.
            tenant: Whose request it is; stands in the blob's key, and decides from where its photo may come.
            look: Called with the photo, in a thread; raises what refuses it.

        Returns:
            The answer, its blob without address and content.

        Raises:
            VitrineError: Any of the tree's; `ProductNotFound` when the segmentation is not sure enough.
        """
        _check_transparent(request.output)
        output = _output(request.output, ImageFormat.PNG, result_key("cutouts", tenant, request_id))
        async with Walk.within(deadline or self.deadline(request.timeout), request_id) as walk:
            request = await self._sources.fetched(request, tenant, walk.deadline)
            product = await self._finder.find(walk, tenant, request, look)
            call = self._stages.postprocess.cutout(
                CutoutRequest(
                    crop=product.padded_box(request.padding) if request.crop else None,
                    background=_rgb(request.background_color),
                    output=replace(output, origin=product.told(cutout_origin(product.file))),
                    recolour=product.recolour,
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
            recoloured=written.recoloured and change_answer(written.recoloured),
            mannequin_confidence=product.mannequin_confidence,
        )

    async def lint(
        self,
        request: LintPhotoRequest,
        request_id: str = "",
        deadline: Deadline | None = None,
        tenant: str = LOCAL_TENANT,
        look: Look = let_pass,
    ) -> LintPhotoResponse:
        """Hold a photo against a marketplace's rules, and mend what can be mended; arguments and errors as of `cutout`.

        Raises:
            NotFound: There is no such rule set.
        """
        rule_set = self._linting.rule_set_of(request)
        async with Walk.within(deadline or self.deadline(request.timeout), request_id) as walk:
            request = await self._sources.fetched(request, tenant, walk.deadline)
            product = await self._finder.find(walk, tenant, request, look)
            order = self._linting.ordered(request, tenant, walk, product, self._policy.thresholds(tenant))
            call = self._stages.postprocess.lint(order, product.cutout)
            result = await walk.remote(StageName.POSTPROCESS, call, lambda result: result.duration_s)
        return lint_answer(walk, rule_set.id, product, result)

    async def shot(
        self,
        request: CreateShotRequest,
        request_id: str = "",
        deadline: Deadline | None = None,
        listener: Listener = nobody_listens,
        tenant: str = LOCAL_TENANT,
        preview_every: int = 0,
        look: Look = let_pass,
    ) -> CreateShotResponse:
        """Put the product into a scene; with another seed, while the picture does not keep it as it was.

        Args:
            request: What to do.
            request_id: For logs and the blob's key.
            deadline: Made from the request's timeout when absent.
            listener: Told of every stage's beginning and end, and of a drawing's steps.
            tenant: Whose request it is; stands in the blobs' keys, and decides what the picture has to pass and from
                where its photo may come.
            preview_every: Steps between previews for the listener; 0 = none.
            look: Called with the photo and the reference, in a thread; raises what refuses one.

        Returns:
            The answer, its blobs without address and content.

        Raises:
            VitrineError: Any of the tree's; `ProductNotFound` when the segmentation is not sure enough,
                `ProductChanged` when no picture passed.
        """
        asked = self._scene_of(request)
        output = _output(request.output, ImageFormat.JPEG, result_key("shots", tenant, request_id))
        async with Walk.within(deadline or self.deadline(request.timeout), request_id, listener) as walk:
            styles = await asyncio.to_thread(self._styles.found, request, tenant, walk.deadline)
            request = await self._sources.fetched(request, tenant, walk.deadline)
            product = await self._finder.find(walk, tenant, request, look)
            fit, layout = await walk.local(StageName.LAYOUT, self._placed, request, asked, product)
            drawing = self._drawings.of(request, asked, layout.placement, preview_every, styles)
            reference, background = await asyncio.to_thread(self._finder.reference, request.reference, look)
            origin = shot_origin(product.file, background, drawn=drawing is not None, lettered=bool(request.cover))
            output = replace(output, origin=product.told(origin))
            upscale = self._drawings.upscales(request)
            recipe = Recipe.resolve(request, asked, fit, self._draw_seed, drawing, reference, upscale)
            acceptance = self._policy.of(request, tenant)
            attempts = Attempts(self._stages, walk, product, layout, output, request.layers, acceptance, self._quality)
            made = await attempts.until_passed(recipe)
        return shot_answer(walk, product, fit, layout, made)

    def _scene_of(self, request: CreateShotRequest) -> Scene:
        """The scene asked for; it, the canvas and the service's fonts can show what is asked of them."""
        check_canvas(request.canvas, self._limits.max_canvas_px)
        scene = self._scenes.get(request.scene_id)
        check_named(scene, request.pose, request.camera_pitch_deg)
        self._drawings.check(request, scene)
        self._covers.check(request)
        return scene

    def _placed(self, request: CreateShotRequest, scene: Scene, product: Product) -> tuple[Fit, Layout]:
        """Pose and camera, read from the photo where the request does not name them, and the product's place."""
        fit = Fit.named(request.pose, request.camera_pitch_deg)
        if fit is None:
            # What a mannequin wore stands on nothing once that is gone.
            pose = Pose.HANGING if request.pose is None and product.mannequin_confidence else request.pose
            viewpoint = find_viewpoint(product.image, product.whole, pose, product.photo.focal_mm)
            fit = fit_view(viewpoint, self._scenes, scene, request.pose, request.camera_pitch_deg)
        fit = fit.with_lens(request.camera_roll_deg, request.focal_length_mm)
        photo_hw = product.image.shape[0], product.image.shape[1]
        plan = plan_page if request.cover else plan_layout
        layout = plan(photo_hw, product.box, scene, request.canvas, fit, self._limits.max_canvas_px)
        return fit.drawn(layout.camera, layout.placement.scale, photo_hw), layout


def _check_transparent(wanted: api.OutputOptions) -> None:
    if wanted.format is ImageFormat.JPEG:
        raise InvalidInput(
            "a cutout is written as PNG, WEBP or AVIF, got JPEG, which has no transparency", field="output.format"
        )


def _output(wanted: api.OutputOptions, default: ImageFormat, key: str) -> Output:
    """The key is unguessable too, as request ids are the callers' to choose, and one may be used again."""
    return Output(wanted.format or default, wanted.quality or DEFAULT_QUALITY, f"{key}-{secrets.token_hex(16)}")


def _rgb(colour: str) -> tuple[int, int, int] | None:
    if not colour:
        return None
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
