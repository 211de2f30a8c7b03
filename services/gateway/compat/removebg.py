"""remove.bg's `POST /v1.0/removebg`: cutouts for clients that were written for it."""

import asyncio
import base64
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from fastapi import APIRouter, Request, Response
from numpy.typing import NDArray
from starlette.responses import JSONResponse

from services.api.common import ImageSource
from services.api.convert import validated
from services.api.studio import CreateCutoutRequest, CreateCutoutResponse, ProductSelection
from services.codecs.photo import decode_named, shown_size_hw
from services.common.deadline import Deadline
from services.common.errors import InvalidInput, VitrineError
from services.common.geometry import Box
from services.common.image import ImageFormat
from services.common.settings import LimitSettings
from services.gateway.body import BodyReader
from services.gateway.call import Guard
from services.gateway.compat import drawing
from services.gateway.compat.credentials import keyed
from services.gateway.compat.documents import removebg_route
from services.gateway.compat.fields import from_base64, read_fields
from services.gateway.compat.files import ZIP_MEDIA_TYPE, alpha_file, picture_file, zip_file
from services.gateway.compat.removebg_request import FILES, RemoveBgRequest
from services.gateway.compat.wording import removebg_refusal
from services.gateway.http_calls import REQUEST_ID_HEADER, call_of, guarded
from services.gateway.negotiation import Accepted
from services.gateway.schema import Call
from services.gateway.studio import Studio
from services.provenance.origin import Origin, Part, arranged_origin
from services.provenance.writer import PictureWriter

#: The service cuts out products and classifies nothing.
_TYPE: Final = "product"
_FORMATS: Final = MappingProxyType({"png": ImageFormat.PNG, "jpg": ImageFormat.JPEG, "webp": ImageFormat.WEBP})


@dataclass(frozen=True)
class Result:
    """A finished file, and where the product lies in its picture."""

    content: bytes
    media_type: str
    width: int
    height: int
    foreground: Box


class RemoveBg:
    """The route.

    Args:
        guard: Stands around every call.
        studio: Cuts out.
        writer: Makes files of pictures.
        body: Bounds bodies.
        limits: Of photos and of time.
    """

    def __init__(
        self, guard: Guard, studio: Studio, writer: PictureWriter, body: BodyReader, limits: LimitSettings
    ) -> None:
        self._guard = guard
        self._studio = studio
        self._writer = writer
        self._body = body
        self._limits = limits
        # One at a time: a large photo's files and arrays take some hundred megabytes.
        self._drawing = asyncio.Semaphore(1)

    def router(self) -> APIRouter:
        """The route, with its description."""
        router = APIRouter()
        router.add_api_route(
            "/v1.0/removebg", self.remove_background, methods=["POST"], tags=["remove.bg"],
            summary="Remove the background, as remove.bg does", **removebg_route(),
        )  # fmt: skip
        return router

    async def remove_background(self, request: Request) -> Response:
        """JSON or a form in; the file out, or JSON with it where `Accept` asks for JSON."""
        request = keyed(request)
        call = call_of("RemoveBackground", request)
        try:
            async with guarded(self._guard, call, request) as known:
                wanted = RemoveBgRequest.of(await read_fields(request, self._body, FILES))
                result = await self._made(wanted, known)
        except VitrineError as error:
            return removebg_refusal(error, call.request_id)
        headers = {REQUEST_ID_HEADER: call.request_id, **_told_beside(result, wanted)}
        accept = request.headers.get("accept", "").lower()
        if "application/json" in accept and not Accepted.of(accept).picture:
            return JSONResponse(_json(result), headers=headers)
        return Response(result.content, media_type=result.media_type, headers=headers)

    async def _made(self, wanted: RemoveBgRequest, call: Call) -> Result:
        request = await asyncio.to_thread(self._request, wanted)
        async with Deadline.after(self._limits.default_timeout_s).limit():
            answer = await self._studio.create_cutout(request, call)
            content, _ = await self._studio.read_own(answer.image.key, call.tenant)
            async with self._drawing:
                return await asyncio.to_thread(self._drawn, wanted, answer, content)

    def _request(self, wanted: RemoveBgRequest) -> CreateCutoutRequest:
        source = _source(wanted)
        if wanted.whole_photo:
            return CreateCutoutRequest(image=source)
        if wanted.sized_by_photo and not source.content:
            raise InvalidInput(
                "roi: of an image that is fetched, the size is not known before; give the region in px", field="roi"
            )
        size_hw = shown_size_hw(source.content, self._limits.image) if wanted.sized_by_photo else (0, 0)
        selection = ProductSelection(include_boxes=[wanted.region(size_hw)])
        return CreateCutoutRequest(image=source, selection=selection)

    def _drawn(self, wanted: RemoveBgRequest, answer: CreateCutoutResponse, content: bytes) -> Result:
        cutout = drawing.read_cutout(content)
        box = Box(answer.box.top, answer.box.left, answer.box.height, answer.box.width)
        placement = wanted.arrangement.placed((cutout.shape[0], cutout.shape[1]), box)
        picture = drawing.arranged(cutout, placement)
        if wanted.background:
            picture = drawing.over(picture, drawing.plain(placement.canvas_hw, wanted.background))
        elif wanted.bg_image_file:
            below = decode_named(
                wanted.bg_image_file, self._limits.image, "the background image", "bg_image_file"
            ).on_white()
            picture = drawing.over(picture, drawing.covering(below, placement.canvas_hw))
        height, width = placement.canvas_hw
        written = self._written(wanted, picture, _origin(wanted, content))
        return Result(*written, width, height, placement.product_box)

    def _written(self, wanted: RemoveBgRequest, picture: NDArray[np.uint8], origin: Origin) -> tuple[bytes, str]:
        """The file and its media type."""
        if wanted.format == "zip":
            return zip_file(self._writer, origin, picture), ZIP_MEDIA_TYPE
        opaque = bool((picture[..., 3] == 255).all())
        automatic = ImageFormat.JPEG if opaque and wanted.channels == "rgba" else ImageFormat.PNG
        image_format = _FORMATS.get(wanted.format, automatic)
        if wanted.channels == "alpha":
            return alpha_file(picture, image_format), image_format.media_type
        return picture_file(self._writer, origin, picture, image_format), image_format.media_type


def _source(wanted: RemoveBgRequest) -> ImageSource:
    """The image, from where it is given."""
    if wanted.image_url:
        return validated(ImageSource, {"url": wanted.image_url})
    return ImageSource(content=wanted.image_file or from_base64(wanted.image_file_b64, "image_file_b64"))


def _origin(wanted: RemoveBgRequest, cutout: bytes) -> Origin:
    below = wanted.bg_image_file
    background = Part.sent("The picture behind the product", below) if below else None
    return arranged_origin(Part.own("The cutout", cutout), background, filled=bool(wanted.background))


def _told_beside(result: Result, wanted: RemoveBgRequest) -> dict[str, str]:
    foreground = {f"X-Foreground-{name}": str(value) for name, value in _foreground(result).items()}
    headers = {"X-Width": str(result.width), "X-Height": str(result.height), "X-Credits-Charged": "0", **foreground}
    return headers if wanted.type_level == "none" else {**headers, "X-Type": _TYPE}


def _json(result: Result) -> dict[str, dict[str, str | int]]:
    foreground = {f"foreground_{name.lower()}": value for name, value in _foreground(result).items()}
    return {"data": {"result_b64": base64.b64encode(result.content).decode(), **foreground}}


def _foreground(result: Result) -> dict[str, int]:
    box = result.foreground
    return {"Top": box.top, "Left": box.left, "Width": box.width, "Height": box.height}
