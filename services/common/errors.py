"""The error tree: one class per answer a caller may get.

    VitrineError
    ├── InvalidInput          a field is wrong; details name it
    ├── UnsupportedMedia      the bytes are no image we read
    ├── TooLarge              more bytes or pixels than allowed
    ├── NotFound              no such scene, blob, model
    ├── ProductNotFound       the photo holds no product we can be sure of
    ├── ProductChanged        no picture kept the product as asked; carries the preservation report
    ├── ContentRefused        the photo or the picture is against the content policy
    ├── Conflict              what is to be made is there already, or its idempotency key was used for something else
    ├── WrongState            what it is asked of is not in a state for that; details tell in which it is
    ├── Unauthenticated       who are you
    ├── Forbidden             not you
    ├── Overloaded            try again later; carries retry_after_s
    ├── RateLimited           you ask too often; carries retry_after_s
    ├── QuotaExceeded         you have used up what you get; carries retry_after_s
    ├── NotReady              still starting, or stopping
    ├── StorageUnavailable    the blob store or the database does not answer
    ├── ModelUnavailable      weights can't be fetched or don't match their digest
    ├── DeadlineExceeded      the request's time is over
    ├── Cancelled             the caller left
    └── Internal              our fault; says nothing about why

`services/gateway/status.py` maps each leaf to HTTP and gRPC. An error crosses process borders by pickling, which
calls the class with its positional arguments only: so every constructor takes one message, and details as keywords
that `__reduce__` carries along.
"""

from typing import Any, ClassVar


class VitrineError(Exception):
    """Base of all errors that an answer may show.

    Args:
        message: What was wrong, what was got, what is wanted. Shown to the caller, so it names no host, path of ours
            or stack.
        **details: Machine-readable facts beside it (`field`, `limit`, `got` …), JSON types only.
    """

    code: ClassVar[str] = "internal"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.details)


def _rebuild(cls: type[VitrineError], message: str, details: dict[str, Any]) -> VitrineError:
    return cls(message, **details)


class InvalidInput(VitrineError):
    code = "invalid_input"


class UnsupportedMedia(VitrineError):
    code = "unsupported_media"


class TooLarge(VitrineError):
    code = "too_large"


class NotFound(VitrineError):
    code = "not_found"


class ProductNotFound(VitrineError):
    code = "product_not_found"


class ProductChanged(VitrineError):
    code = "product_changed"


class ContentRefused(VitrineError):
    code = "content_refused"


class Conflict(VitrineError):
    code = "conflict"


class WrongState(VitrineError):
    code = "wrong_state"


class Unauthenticated(VitrineError):
    code = "unauthenticated"


class Forbidden(VitrineError):
    code = "forbidden"


class Overloaded(VitrineError):
    code = "overloaded"


class RateLimited(VitrineError):
    code = "rate_limited"


class QuotaExceeded(VitrineError):
    code = "quota_exceeded"


class NotReady(VitrineError):
    code = "not_ready"


class StorageUnavailable(VitrineError):
    code = "storage_unavailable"


class ModelUnavailable(VitrineError):
    code = "model_unavailable"


class DeadlineExceeded(VitrineError):
    code = "deadline_exceeded"


class Cancelled(VitrineError):
    code = "cancelled"


class Internal(VitrineError):
    code = "internal"


#: Every leaf, for exhaustive tables and tests. Explicit, because an error that arrives from another process has a
#: class made at run time, which a registry filled by subclassing would pick up too.
LEAVES: tuple[type[VitrineError], ...] = (
    InvalidInput,
    UnsupportedMedia,
    TooLarge,
    NotFound,
    ProductNotFound,
    ProductChanged,
    ContentRefused,
    Conflict,
    WrongState,
    Unauthenticated,
    Forbidden,
    Overloaded,
    RateLimited,
    QuotaExceeded,
    NotReady,
    StorageUnavailable,
    ModelUnavailable,
    DeadlineExceeded,
    Cancelled,
    Internal,
)
