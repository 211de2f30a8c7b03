"""gRPC's errors as the ones the service raised.

The service sends a rich status (https://google.aip.dev/193): an `ErrorInfo` whose reason is our code in capitals and
whose metadata are the details, a `RetryInfo` where trying again helps, and a `PreservationReport` where one decided. An
error without one comes from gRPC itself, or from something between; its status code is all that is known, and its text,
which may hold anything, stays in the cause.
"""

import json
from collections.abc import Iterable
from types import MappingProxyType
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from services.api.studio import PreservationReport
from services.client.messages import from_proto
from services.common.errors import (
    LEAVES,
    Cancelled,
    DeadlineExceeded,
    Forbidden,
    Internal,
    NotReady,
    Overloaded,
    ProductChanged,
    TooLarge,
    Unauthenticated,
    VitrineError,
)
from services.pb.vitrine.v1 import studio_pb2

_DETAILS_KEY = "grpc-status-details-bin"
_BY_CODE = MappingProxyType({leaf.code: leaf for leaf in LEAVES})


def from_rpc_error(error: grpc.RpcError, address: str) -> VitrineError:
    """The error that the service meant; the caller raises it from the one given.

    Args:
        error: From a blocking or an asyncio call; both carry code, details and trailing metadata.
        address: What was called, for the message when nobody answers there.
    """
    status = _rich_status(error)
    return (status and _from_status(status)) or _from_code(error, address)


def _rich_status(error: grpc.RpcError) -> status_pb2.Status | None:
    # Blocking calls give named tuples, asyncio ones plain pairs; the stubs know only the former.
    pairs: Iterable[Any] = error.trailing_metadata() or ()
    for key, value in pairs:
        if key == _DETAILS_KEY:
            try:
                return status_pb2.Status.FromString(value)
            except DecodeError:
                return None
    return None


def _from_status(status: status_pb2.Status) -> VitrineError | None:
    info, retry, request = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo(), error_details_pb2.RequestInfo()
    report = studio_pb2.PreservationReport()
    for detail in status.details:
        for known in (info, retry, request, report):
            detail.Unpack(known)
    leaf = _BY_CODE.get(info.reason.lower())
    if leaf is None:
        return None
    details: dict[str, Any] = {name: _value(text) for name, text in info.metadata.items()}
    if retry.HasField("retry_delay"):
        details["retry_after_s"] = retry.retry_delay.ToTimedelta().total_seconds()
    if request.request_id:
        details["request_id"] = request.request_id
    if report.ByteSize():
        details["report"] = from_proto(report, PreservationReport).model_dump(mode="json", exclude_none=True)
    return leaf(status.message, **details)


def report_of(error: ProductChanged) -> PreservationReport:
    """What was measured of the last picture, for which the product counts as changed."""
    return PreservationReport.model_validate(error.details.get("report", {}))


def _value(text: str) -> Any:
    """A detail as it was before it became text: JSON where it reads as such, else a plain string."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _from_code(error: grpc.RpcError, address: str) -> VitrineError:
    code = error.code()
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than max" in (error.details() or ""):
        return TooLarge("the message is larger than client or service allow; send a smaller photo")
    plain: dict[grpc.StatusCode, VitrineError] = {
        grpc.StatusCode.UNAVAILABLE: NotReady(f"no service answers at {address}"),
        grpc.StatusCode.RESOURCE_EXHAUSTED: Overloaded("the service has too much to do; try again later"),
        grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceeded("the call's time is over; allow more"),
        grpc.StatusCode.CANCELLED: Cancelled("the call was cancelled"),
        grpc.StatusCode.UNAUTHENTICATED: Unauthenticated("the service does not know the caller"),
        grpc.StatusCode.PERMISSION_DENIED: Forbidden("the service refuses the caller"),
    }
    return plain.get(code) or Internal(f"what answers at {address} failed ({code.name}) and does not say why")
