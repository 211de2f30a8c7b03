"""StudioService over gRPC."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from services.api import studio
from services.gateway.rpc import GrpcContext, Rpcs
from services.pb.vitrine.v1 import studio_pb2


class StudioRpcs(Rpcs):
    """Pictures, and what is stored of them."""

    async def CreateCutout(
        self, message: studio_pb2.CreateCutoutRequest, grpc_context: GrpcContext
    ) -> studio_pb2.CreateCutoutResponse:
        """Cut the product out of its photo."""
        return await self._unary(
            "CreateCutout", grpc_context, message, studio.CreateCutoutRequest, self._services.studio.create_cutout,
            studio_pb2.CreateCutoutResponse,
        )  # fmt: skip

    async def CreateShot(
        self, message: studio_pb2.CreateShotRequest, grpc_context: GrpcContext
    ) -> studio_pb2.CreateShotResponse:
        """Put the product into a scene."""
        return await self._unary(
            "CreateShot", grpc_context, message, studio.CreateShotRequest, self._services.studio.create_shot,
            studio_pb2.CreateShotResponse,
        )  # fmt: skip

    async def StreamShot(
        self, message: studio_pb2.StreamShotRequest, grpc_context: GrpcContext
    ) -> AsyncIterator[studio_pb2.StreamShotResponse]:
        """The same, told stage by stage and step by step."""
        stream = self._stream(
            "StreamShot", grpc_context, message, studio.StreamShotRequest, self._services.studio.stream_shot,
            studio_pb2.StreamShotResponse,
        )  # fmt: skip
        async with aclosing(stream):
            async for each in stream:
                yield each

    async def ReadBlob(
        self, message: studio_pb2.ReadBlobRequest, grpc_context: GrpcContext
    ) -> AsyncIterator[studio_pb2.ReadBlobResponse]:
        """A stored result in chunks."""
        stream = self._stream(
            "ReadBlob", grpc_context, message, studio.ReadBlobRequest, self._services.studio.read_blob,
            studio_pb2.ReadBlobResponse,
        )  # fmt: skip
        async with aclosing(stream):
            async for each in stream:
                yield each
