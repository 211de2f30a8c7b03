"""OpenAI's `POST /v1/images/edits` and `/v1/images/generations`: shots, cutouts and scenes for its clients.

An edit is a shot: the product of the image in the scene that the prompt names as "scene:marble", or, with a transparent
background, its cutout. A generation is a scene without a product.
"""

import asyncio
import base64
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from services.api.common import Blob, ImageSource, OutputOptions
from services.api.convert import validated
from services.api.studio import Canvas, CreateCutoutRequest, CreateCutoutResponse, CreateShotRequest, ProductSelection
from services.codecs.photo import decode_named
from services.common.deadline import Deadline
from services.common.errors import InvalidInput, NotFound, VitrineError
from services.common.geometry import Box
from services.common.image import ImageFormat
from services.common.settings import LimitSettings
from services.gateway.body import BodyReader
from services.gateway.call import Guard
from services.gateway.compat import drawing
from services.gateway.compat.arrangement import contained
from services.gateway.compat.credentials import keyed
from services.gateway.compat.documents import edits_route, generations_route
from services.gateway.compat.fields import read_fields
from services.gateway.compat.files import picture_file
from services.gateway.compat.openai_request import FILES, EditRequest, GenerationRequest, ImagesRequest
from services.gateway.compat.wording import openai_refusal
from services.gateway.http_calls import REQUEST_ID_HEADER, call_of, guarded
from services.gateway.scenery import SceneryStudio
from services.gateway.schema import Call
from services.gateway.studio import Studio
from services.provenance.origin import Part, arranged_origin
from services.provenance.writer import PictureWriter

#: Of a scene whose size is left open.
_SCENERY: Final = Canvas(width=1024, height=1024)


@dataclass(frozen=True)
class Made:
    """A finished picture: its bytes or its address, and its size."""

    content: bytes
    url: str
    width: int
    height: int


class OpenAiImages:
    """Both routes.

    Args:
        guard: Stands around every call.
        studio: Makes shots and cutouts.
        scenery: Draws scenes.
        writer: Makes files of pictures.
        body: Bounds bodies.
        limits: Of photos, canvases and time.
    """

    def __init__(
        self,
        guard: Guard,
        studio: Studio,
        scenery: SceneryStudio,
        writer: PictureWriter,
        body: BodyReader,
        limits: LimitSettings,
    ) -> None:
        self._guard = guard
        self._studio = studio
        self._scenery = scenery
        self._writer = writer
        self._body = body
        self._limits = limits
        # One at a time, as for remove.bg's callers.
        self._drawing = asyncio.Semaphore(1)

    def router(self) -> APIRouter:
        """The routes, with their description."""
        router = APIRouter()
        post: dict[str, Any] = {"methods": ["POST"], "tags": ["OpenAI images"]}
        router.add_api_route(
            "/v1/images/edits", self.edit, summary="Put the product into a scene, as OpenAI edits images",
            **post, **edits_route(),
        )  # fmt: skip
        router.add_api_route(
            "/v1/images/generations", self.generate, summary="A scene without a product, as OpenAI generates images",
            **post, **generations_route(),
        )  # fmt: skip
        return router

    async def edit(self, request: Request) -> Response:
        """A form in, JSON with pictures or addresses out."""
        request = keyed(request)
        call = call_of("EditImages", request)
        try:
            async with guarded(self._guard, call, request) as known:
                wanted = EditRequest.of(await read_fields(request, self._body, FILES))
                with _explained():
                    pictures = await self._edited(wanted, known)
        except VitrineError as error:
            return openai_refusal(error, call.request_id)
        background = "transparent" if wanted.background == "transparent" else "opaque"
        return _answer(wanted, background, pictures, call.request_id)

    async def generate(self, request: Request) -> Response:
        """JSON in, JSON with pictures or addresses out."""
        request = keyed(request)
        call = call_of("GenerateImages", request)
        try:
            async with guarded(self._guard, call, request) as known:
                wanted = GenerationRequest.of(await read_fields(request, self._body, ()))
                with _explained():
                    pictures = await self._generated(wanted, known)
        except VitrineError as error:
            return openai_refusal(error, call.request_id)
        return _answer(wanted, "opaque", pictures, call.request_id)

    async def _edited(self, wanted: EditRequest, call: Call) -> list[Made]:
        selection = await asyncio.to_thread(self._selection, wanted.mask)
        if wanted.background == "transparent":
            return [await self._cut(wanted, selection, call)]
        async with self._time(wanted).limit():
            # One after the other, so that nobody takes all places with one call.
            return [await self._shot(wanted, selection, call.part(number)) for number in range(wanted.n)]

    async def _generated(self, wanted: GenerationRequest, call: Call) -> list[Made]:
        canvas = wanted.canvas if wanted.canvas.width else _SCENERY
        async with self._time(wanted).limit():
            return [await self._scene(wanted, canvas, call.part(number)) for number in range(wanted.n)]

    def _time(self, wanted: ImagesRequest) -> Deadline:
        """The usual time for each picture, as far as that is allowed."""
        return Deadline.after(min(self._limits.max_timeout_s, wanted.n * self._limits.default_timeout_s))

    async def _shot(self, wanted: EditRequest, selection: ProductSelection | None, call: Call) -> Made:
        fields = {
            "image": ImageSource(content=wanted.image),
            "scene_id": wanted.scene_id,
            "prompt": wanted.words,
            "canvas": wanted.canvas,
            "selection": selection,
            "output": _output(wanted),
        }
        request = validated(CreateShotRequest, fields)
        answer = await self._studio.create_shot(request, call)
        return await self._handed_out(wanted, answer.image, call)

    async def _cut(self, wanted: EditRequest, selection: ProductSelection | None, call: Call) -> Made:
        framed = bool(wanted.canvas.width)
        request = CreateCutoutRequest(
            image=ImageSource(content=wanted.image),
            selection=selection,
            output=OutputOptions(format=ImageFormat.PNG) if framed else _output(wanted),
        )
        answer = await self._studio.create_cutout(request, call)
        if not framed:
            return await self._handed_out(wanted, answer.image, call)
        content, _ = await self._studio.read_own(answer.image.key, call.tenant)
        async with self._drawing:
            return await asyncio.to_thread(self._framed, wanted, answer, content)

    async def _scene(self, wanted: GenerationRequest, canvas: Canvas, call: Call) -> Made:
        image = await self._scenery.create(wanted.scene_id, canvas, _output(wanted), call)
        return await self._handed_out(wanted, image, call)

    async def _handed_out(self, wanted: ImagesRequest, image: Blob, call: Call) -> Made:
        if wanted.response_format == "url":
            return Made(b"", image.url, image.width, image.height)
        content, _ = await self._studio.read_own(image.key, call.tenant)
        return Made(content, "", image.width, image.height)

    def _framed(self, wanted: EditRequest, answer: CreateCutoutResponse, content: bytes) -> Made:
        """The cutout in the size asked for."""
        cutout = drawing.read_cutout(content)
        box = Box(answer.box.top, answer.box.left, answer.box.height, answer.box.width)
        size_hw = wanted.canvas.height, wanted.canvas.width
        picture = drawing.arranged(cutout, contained((cutout.shape[0], cutout.shape[1]), box, size_hw))
        origin = arranged_origin(Part.own("The cutout", content), None, filled=False)
        file = picture_file(self._writer, origin, picture, wanted.format, wanted.encoder_quality)
        return Made(file, "", size_hw[1], size_hw[0])

    def _selection(self, mask: bytes) -> ProductSelection | None:
        """OpenAI's masks are transparent where the image is to be edited; so are keep-masks with an alpha."""
        if not mask:
            return None
        if decode_named(mask, self._limits.image, "the mask", "mask").alpha is None:
            raise InvalidInput(
                "mask: a picture that is transparent where the image is to change is wanted", field="mask"
            )
        return ProductSelection(keep_mask=ImageSource(content=mask))


def _output(wanted: ImagesRequest) -> OutputOptions:
    return OutputOptions(format=wanted.format, quality=wanted.encoder_quality)


@contextmanager
def _explained() -> Iterator[None]:
    """A refusal of the scene, or of words beside it, says how a prompt names one."""
    try:
        yield
    except (InvalidInput, NotFound) as error:
        if error.details.get("field") not in ("scene_id", "prompt"):
            raise
        raise type(error)(f'{error.message}. A prompt names its scene as "scene:marble"', **error.details) from error


def _answer(wanted: ImagesRequest, background: str, pictures: Sequence[Made], request_id: str) -> Response:
    first = pictures[0]
    body = {
        "created": int(time.time()),
        "data": [_told(each) for each in pictures],
        "background": background,
        "output_format": wanted.output_format,
        "quality": "high",
        "size": f"{first.width}x{first.height}",
    }
    return JSONResponse(body, headers={REQUEST_ID_HEADER: request_id})


def _told(picture: Made) -> dict[str, str]:
    return {"url": picture.url} if picture.url else {"b64_json": base64.b64encode(picture.content).decode()}
