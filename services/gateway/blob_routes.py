"""Files by signed addresses, where blobs lie in a directory of ours."""

import asyncio
from typing import Protocol

from fastapi import APIRouter, Request, Response

from services.common.errors import InvalidInput, NotFound
from services.gateway import openapi
from services.gateway.call import Guard
from services.gateway.http_calls import call_of, guarded
from services.gateway.studio import Studio
from services.storage.blobs import StoredBlob


class SignedBlobs(Protocol):
    """A store that signs addresses which lead here, see `LocalBlobs`."""

    def verify(self, key: str, expires: int, signature: str) -> None:
        """Check an address for reading."""

    def verify_upload(self, key: str, media_type: str, size_bytes: int, expires: int, signature: str) -> None:
        """Check an address for writing."""

    def put(self, key: str, data: bytes, media_type: str) -> StoredBlob:
        """Store a file."""


class BlobRoutes:
    """The routes.

    Args:
        guard: Stands around every call.
        studio: Reads results.
        blobs: The store whose signed addresses lead here; None where they lead to the store itself.
    """

    def __init__(self, guard: Guard, studio: Studio, blobs: SignedBlobs | None) -> None:
        self._guard = guard
        self._studio = studio
        self._blobs = blobs

    def router(self) -> APIRouter:
        """The routes, with their description."""
        router = APIRouter(tags=["blobs"])
        router.add_api_route(
            "/v1/blobs/{key:path}", self.read, summary="A stored result, by its signed address", **openapi.blob_route()
        )
        router.add_api_route(
            "/v1/blobs/{key:path}", self.write, methods=["PUT"],
            summary="Store a file, by an address that was signed for it", **openapi.upload_route(),
        )  # fmt: skip
        return router

    async def read(self, request: Request, key: str, expires: int, signature: str) -> Response:
        """Whoever holds the address may read it until it expires."""
        async with guarded(self._guard, call_of("DownloadBlob", request, public=True), request):
            self._signing().verify(key, expires, signature)
            content, media_type = await self._studio.read_result(key)
            headers = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
            return Response(content, media_type=media_type, headers=headers)

    async def write(self, request: Request, key: str, expires: int, signature: str) -> Response:
        """Whoever holds the address may write the one file that it was made for, until it expires."""
        async with guarded(self._guard, call_of("UploadBlob", request, public=True), request):
            media_type, declared = request.headers.get("content-type", ""), request.headers.get("content-length", "")
            if not (declared.isascii() and declared.isdecimal()):
                raise InvalidInput("the body's length is wanted in Content-Length", field="content-length")
            # The server hands on no more than was declared, so what is signed bounds what is read.
            self._signing().verify_upload(key, media_type, int(declared), expires, signature)
            await asyncio.to_thread(self._signing().put, key, await request.body(), media_type)
            return Response()

    def _signing(self) -> SignedBlobs:
        if self._blobs is None:
            raise NotFound("blobs don't lie here; their addresses lead to the store itself")
        return self._blobs
