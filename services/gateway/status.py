"""The error table: what each of our errors is over HTTP and over gRPC, and whether trying again can help."""

import json
import math
from bisect import bisect
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from pydantic import BaseModel, Field

from services.api.convert import to_proto
from services.api.studio import PreservationReport
from services.common import errors
from services.common.errors import VitrineError
from services.pb.vitrine.v1 import studio_pb2
from services.tenants.allowance import Allowance

DOMAIN: Final = "vitrine"
PROBLEM_MEDIA_TYPE: Final = "application/problem+json"

#: gRPC carries the status in a header of at most 8 KiB, with everything else; longer details are cut.
MAX_DETAIL_LENGTH: Final = 512
MAX_REPORT_BYTES: Final = 4096

#: The detail of `ProductChanged` that holds a `PreservationReport` as JSON.
REPORT_DETAIL: Final = "report"


@dataclass(frozen=True)
class Status:
    """One row: HTTP status and title, gRPC code, and whether the same request may succeed later."""

    http: int
    title: str
    grpc: grpc.StatusCode
    retryable: bool = False


_CODE = grpc.StatusCode

#: By error code. 499 is what proxies log for a caller that left; nobody reads that answer.
TABLE: Final = MappingProxyType(
    {
        errors.InvalidInput.code: Status(400, "Bad Request", _CODE.INVALID_ARGUMENT),
        errors.UnsupportedMedia.code: Status(415, "Unsupported Media Type", _CODE.INVALID_ARGUMENT),
        errors.TooLarge.code: Status(413, "Content Too Large", _CODE.INVALID_ARGUMENT),
        errors.NotFound.code: Status(404, "Not Found", _CODE.NOT_FOUND),
        errors.ProductNotFound.code: Status(422, "Unprocessable Content", _CODE.FAILED_PRECONDITION),
        errors.ProductChanged.code: Status(422, "Unprocessable Content", _CODE.FAILED_PRECONDITION),
        errors.ContentRefused.code: Status(422, "Unprocessable Content", _CODE.FAILED_PRECONDITION),
        errors.Conflict.code: Status(409, "Conflict", _CODE.ALREADY_EXISTS),
        errors.WrongState.code: Status(409, "Conflict", _CODE.FAILED_PRECONDITION),
        errors.Unauthenticated.code: Status(401, "Unauthorized", _CODE.UNAUTHENTICATED),
        errors.Forbidden.code: Status(403, "Forbidden", _CODE.PERMISSION_DENIED),
        errors.Overloaded.code: Status(429, "Too Many Requests", _CODE.RESOURCE_EXHAUSTED, retryable=True),
        errors.RateLimited.code: Status(429, "Too Many Requests", _CODE.RESOURCE_EXHAUSTED, retryable=True),
        errors.QuotaExceeded.code: Status(429, "Too Many Requests", _CODE.RESOURCE_EXHAUSTED, retryable=True),
        errors.NotReady.code: Status(503, "Service Unavailable", _CODE.UNAVAILABLE, retryable=True),
        errors.StorageUnavailable.code: Status(503, "Service Unavailable", _CODE.UNAVAILABLE, retryable=True),
        errors.ModelUnavailable.code: Status(503, "Service Unavailable", _CODE.UNAVAILABLE, retryable=True),
        errors.DeadlineExceeded.code: Status(504, "Gateway Timeout", _CODE.DEADLINE_EXCEEDED),
        errors.Cancelled.code: Status(499, "Client Closed Request", _CODE.CANCELLED),
        errors.Internal.code: Status(500, "Internal Server Error", _CODE.INTERNAL),
    }
)

#: Their faulty field is told as google.rpc.BadRequest.
_FIELD_ERRORS = frozenset({errors.InvalidInput.code, errors.UnsupportedMedia.code, errors.TooLarge.code})

#: The details of `RateLimited` that HTTP has header fields for.
_ALLOWANCE = frozenset(field.name for field in fields(Allowance))


def status_of(error: VitrineError) -> Status:
    """The error's row.

    Raises:
        KeyError: It has none; a test keeps the table complete.
    """
    return TABLE[error.code]


class Problem(BaseModel):
    """An error over HTTP, RFC 9457 (https://www.rfc-editor.org/rfc/rfc9457)."""

    type: str = Field("about:blank", description="Says that `title` is the HTTP status' own.")
    title: str
    status: int
    detail: str = Field(description="What was wrong, what was got, what is wanted.")
    code: str = Field(description="Our own name of the error; programs look at this.", examples=sorted(TABLE))
    request_id: str = Field(description="Finds the request in the logs.")
    retryable: bool = Field(description="True when the same request may succeed later.")
    details: dict[str, Any] = Field(description="Facts for programs, such as `field`, `limit`, `got`, `known`.")


def problem(error: VitrineError, request_id: str) -> Problem:
    """The error as a problem object."""
    status = status_of(error)
    return Problem(
        title=status.title,
        status=status.http,
        detail=error.message,
        code=error.code,
        request_id=request_id,
        retryable=status.retryable,
        details=error.details,
    )


def headers(error: VitrineError) -> dict[str, str]:
    """HTTP headers that go with the error."""
    found = {"Cache-Control": "no-store"}
    if "retry_after_s" in error.details:
        found["Retry-After"] = str(math.ceil(error.details["retry_after_s"]))
    if set(error.details) >= _ALLOWANCE:
        found |= Allowance(**{name: error.details[name] for name in _ALLOWANCE}).headers
    if error.code == errors.Unauthenticated.code:
        found["WWW-Authenticate"] = "Bearer"
    return found


def rich_status(error: VitrineError, request_id: str) -> status_pb2.Status:
    """The error as google.rpc.Status with its standard details (https://google.aip.dev/193)."""
    # A report is too long for text, and a message of its own, see below.
    metadata = {name: _text(value) for name, value in error.details.items() if name != REPORT_DETAIL}
    details: list[Message] = [
        error_details_pb2.ErrorInfo(reason=error.code.upper(), domain=DOMAIN, metadata=metadata),
        error_details_pb2.RequestInfo(request_id=request_id),
    ]
    if error.code in _FIELD_ERRORS and "field" in error.details:
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=error.details["field"], description=error.message[:MAX_DETAIL_LENGTH]
        )
        details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    if "retry_after_s" in error.details:
        delay = Duration()
        delay.FromMilliseconds(round(1000 * error.details["retry_after_s"]))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    if REPORT_DETAIL in error.details:
        details.append(_report(PreservationReport.model_validate(error.details[REPORT_DETAIL])))
    packed = []
    for detail in details:
        packed.append(AnyMessage())
        packed[-1].Pack(detail)
    return status_pb2.Status(
        code=status_of(error).grpc.value[0], message=error.message[:MAX_DETAIL_LENGTH], details=packed
    )


def _report(report: PreservationReport) -> studio_pb2.PreservationReport:
    """The report as a message that fits into a header. Where several products make it too long, their measures that
    passed are left out first, then of those that failed the ones nearest to their thresholds; it tells how many."""
    whole = to_proto(report, studio_pb2.PreservationReport)
    if whole.ByteSize() <= MAX_REPORT_BYTES:
        return whole
    failed = sum(not measure.passed for each in report.instances for measure in each.measures)
    # The most that fit; fewer are always shorter.
    most = bisect(range(failed + 1), MAX_REPORT_BYTES, key=lambda kept: _shortened(report, kept).ByteSize()) - 1
    return _shortened(report, max(0, most))


def _shortened(report: PreservationReport, kept: int) -> studio_pb2.PreservationReport:
    """The report with so many of its products' measures, the worst of those that failed, and the products they are of;
    with all that failed, also with those products of which none did."""
    every = [measure for each in report.instances for measure in each.measures]
    worst = sorted((each for each in every if not each.passed), key=lambda each: -each.excess)
    chosen = {id(each) for each in worst[:kept]}
    instances = [
        each.model_copy(update={"measures": [measure for measure in each.measures if id(measure) in chosen]})
        for each in report.instances
    ]
    if kept < len(worst):
        instances = [each for each in instances if each.measures]
    told = report.model_copy(update={"instances": instances, "left_out": len(every) - kept})
    return to_proto(told, studio_pb2.PreservationReport)


def _text(value: Any) -> str:
    """Strings as they are, all else as JSON, which the client reads back."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text[:MAX_DETAIL_LENGTH]
