"""LintService over gRPC."""

from services.api import lint
from services.gateway.rpc import GrpcContext, Rpcs
from services.gateway.schema import Call
from services.pb.vitrine.v1 import lint_pb2


class LintRpcs(Rpcs):
    """Photos and marketplaces' rules."""

    async def LintPhoto(
        self, message: lint_pb2.LintPhotoRequest, grpc_context: GrpcContext
    ) -> lint_pb2.LintPhotoResponse:
        """Hold a photo against a rule set."""
        return await self._unary(
            "LintPhoto", grpc_context, message, lint.LintPhotoRequest, self._services.studio.lint_photo,
            lint_pb2.LintPhotoResponse,
        )  # fmt: skip

    async def ListRuleSets(
        self, message: lint_pb2.ListRuleSetsRequest, grpc_context: GrpcContext
    ) -> lint_pb2.ListRuleSetsResponse:
        """The rule sets there are."""

        async def found(request: lint.ListRuleSetsRequest, _: Call) -> lint.ListRuleSetsResponse:
            return self._services.catalog.list_rule_sets(request)

        return await self._unary(
            "ListRuleSets", grpc_context, message, lint.ListRuleSetsRequest, found, lint_pb2.ListRuleSetsResponse
        )
