"""What the caller's `Accept` header asks for: the answer as JSON, the picture itself, or a stream of events."""

from dataclasses import dataclass
from typing import Final, Self, TypeVar

from services.api.studio import CreateCutoutRequest, CreateShotRequest
from services.common.image import ImageFormat

Request = TypeVar("Request", CreateCutoutRequest, CreateShotRequest)

EVENT_STREAM: Final = "text/event-stream"
_FORMATS: Final = {each.media_type: each for each in ImageFormat}


@dataclass(frozen=True)
class Accepted:
    """Which of the three, and in which format if the header names a single one we write.

    Args:
        picture: True when an image type is liked better than JSON.
        format: The one format named, if any.
        events: True when a stream of events is liked better than JSON, and no less than a picture.
    """

    picture: bool
    format: ImageFormat | None = None
    events: bool = False

    @classmethod
    def of(cls, header: str) -> Self:
        """Read the header (https://www.rfc-editor.org/rfc/rfc9110#name-accept)."""
        weights = dict(_weighted(part) for part in header.split(",") if part.strip())
        images = {name: weight for name, weight in weights.items() if name.startswith("image/") and weight > 0}
        json = weights.get("application/json", 0.0)
        best, stream = max(images.values(), default=0.0), weights.get(EVENT_STREAM, 0.0)
        events = stream > json and stream >= best
        picture = best > json and not events
        named = [_FORMATS[name] for name in images if name in _FORMATS]
        return cls(picture, named[0] if picture and len(images) == 1 and named else None, events)

    def applied(self, request: Request) -> Request:
        """The request with that format, unless it names its own."""
        if self.format is None or request.output.format is not None:
            return request
        output = request.output.model_copy(update={"format": self.format})
        return request.model_copy(update={"output": output})


def _weighted(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return name, float(parameter.removeprefix("q="))
            except ValueError:
                return name, 0.0
    return name, 1.0
