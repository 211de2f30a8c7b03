"""CatalogService and UsageService over gRPC."""

from services.api import catalog, usage
from services.gateway.rpc import GrpcContext, Rpcs
from services.gateway.schema import Call
from services.pb.vitrine.v1 import catalog_pb2, usage_pb2


class CatalogRpcs(Rpcs):
    """What there is, and what was done."""

    async def ListScenes(
        self, message: catalog_pb2.ListScenesRequest, grpc_context: GrpcContext
    ) -> catalog_pb2.ListScenesResponse:
        """The scenes there are."""

        async def found(request: catalog.ListScenesRequest, _: Call) -> catalog.ListScenesResponse:
            return self._services.catalog.list_scenes(request)

        return await self._unary(
            "ListScenes", grpc_context, message, catalog.ListScenesRequest, found, catalog_pb2.ListScenesResponse
        )

    async def ListModels(
        self, message: catalog_pb2.ListModelsRequest, grpc_context: GrpcContext
    ) -> catalog_pb2.ListModelsResponse:
        """The models there are."""

        async def found(request: catalog.ListModelsRequest, _: Call) -> catalog.ListModelsResponse:
            return self._services.catalog.list_models(request)

        return await self._unary(
            "ListModels", grpc_context, message, catalog.ListModelsRequest, found, catalog_pb2.ListModelsResponse
        )

    async def ListStyles(
        self, message: catalog_pb2.ListStylesRequest, grpc_context: GrpcContext
    ) -> catalog_pb2.ListStylesResponse:
        """The styles that the caller's tenant may draw with."""
        return await self._unary(
            "ListStyles", grpc_context, message, catalog.ListStylesRequest, self._services.styles.list_styles,
            catalog_pb2.ListStylesResponse,
        )  # fmt: skip

    async def CreateStyle(
        self, message: catalog_pb2.CreateStyleRequest, grpc_context: GrpcContext
    ) -> catalog_pb2.CreateStyleResponse:
        """A style of the caller's tenant."""
        return await self._unary(
            "CreateStyle", grpc_context, message, catalog.CreateStyleRequest, self._services.styles.create_style,
            catalog_pb2.CreateStyleResponse,
        )  # fmt: skip

    async def DeleteStyle(
        self, message: catalog_pb2.DeleteStyleRequest, grpc_context: GrpcContext
    ) -> catalog_pb2.DeleteStyleResponse:
        """One style less."""
        return await self._unary(
            "DeleteStyle", grpc_context, message, catalog.DeleteStyleRequest, self._services.styles.delete_style,
            catalog_pb2.DeleteStyleResponse,
        )  # fmt: skip

    async def GetUsage(
        self, message: usage_pb2.GetUsageRequest, grpc_context: GrpcContext
    ) -> usage_pb2.GetUsageResponse:
        """What was done for the caller's tenant."""
        return await self._unary(
            "GetUsage", grpc_context, message, usage.GetUsageRequest, self._services.usage.get_usage,
            usage_pb2.GetUsageResponse,
        )  # fmt: skip
