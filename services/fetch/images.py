"""The images that a request names or holds, by their fields."""

from typing import Final, TypeVar

from services.api.common import ImageSource
from services.api.photo import PhotoRequest, recolour_in
from services.api.studio import CreateShotRequest

Request = TypeVar("Request", bound=PhotoRequest)

PHOTO: Final = "image"
KEEP_MASK: Final = "selection.keep_mask"
REFERENCE: Final = "reference"
RECOLOUR_MASK: Final = "recolour.mask"


def images_of(request: PhotoRequest) -> dict[str, ImageSource]:
    """Every image of a request, by the field's dotted name; the photo's may be empty."""
    images = {PHOTO: request.image}
    if request.selection is not None and request.selection.keep_mask is not None:
        images[KEEP_MASK] = request.selection.keep_mask
    if isinstance(request, CreateShotRequest) and request.reference is not None:
        images[REFERENCE] = request.reference
    if (recolour := recolour_in(request)) is not None and recolour.mask is not None:
        images[RECOLOUR_MASK] = recolour.mask
    return images


def with_images(request: Request, images: dict[str, ImageSource]) -> Request:
    """The request with these images in place of its own.

    Args:
        request: Has an image in each of those fields already.
        images: By field, as `images_of` names them.
    """
    changes: dict[str, object] = {name: image for name, image in images.items() if "." not in name}
    if KEEP_MASK in images and request.selection is not None:
        changes["selection"] = request.selection.model_copy(update={"keep_mask": images[KEEP_MASK]})
    if RECOLOUR_MASK in images and (recolour := recolour_in(request)) is not None:
        changes["recolour"] = recolour.model_copy(update={"mask": images[RECOLOUR_MASK]})
    return request.model_copy(update=changes)  # type: ignore[return-value] # mypy forgets which of the two it is
