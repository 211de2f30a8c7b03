"""What may be asked about one photo, and the answers."""

from services.api.common import Blob
from services.api.lint import LintPhotoRequest, LintPhotoResponse
from services.api.studio import (
    CreateCutoutRequest,
    CreateCutoutResponse,
    CreateShotRequest,
    CreateShotResponse,
    Recolour,
)

PhotoRequest = CreateShotRequest | CreateCutoutRequest | LintPhotoRequest
PhotoResponse = CreateShotResponse | CreateCutoutResponse | LintPhotoResponse


def picture_of(answer: PhotoResponse) -> Blob | None:
    """What was made of the photo; None where it was only looked at."""
    return answer.picture if isinstance(answer, LintPhotoResponse) else answer.image


def recolour_in(request: PhotoRequest) -> Recolour | None:
    """The colour that a request wants its product in; rules ask for none."""
    return None if isinstance(request, LintPhotoRequest) else request.recolour
