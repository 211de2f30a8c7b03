"""Every RPC of the contract, and calls of them as gRPC makes them."""

from google.protobuf.message_factory import GetMessageClass

from services.pb.vitrine.v1 import (
    catalog_pb2,
    jobs_pb2,
    lint_pb2,
    studio_pb2,
    trainings_pb2,
    uploads_pb2,
    usage_pb2,
    webhooks_pb2,
)
from tests.support.grpc_context import FakeStream

METHODS = {
    method.name: method
    for module in (studio_pb2, lint_pb2, catalog_pb2, usage_pb2, jobs_pb2, uploads_pb2, webhooks_pb2, trainings_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
#: Those that name a training.
TRAININGS = {"GetStyleTraining", "CancelStyleTraining"}


async def answered(api, method, context, message=None):
    """The call's messages; without one, an empty one is sent."""
    message = GetMessageClass(METHODS[method].input_type)() if message is None else message
    call = getattr(api, method)(FakeStream(message) if METHODS[method].client_streaming else message, context)
    return [each async for each in call] if METHODS[method].server_streaming else [await call]
