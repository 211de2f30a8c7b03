"""What the postprocess stage takes and gives. Segment's and Generate's results come beside these requests."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from services.common.camera import Camera
from services.common.geometry import Box, SizeHW
from services.common.image import ImageFormat
from services.common.pose import Pose
from services.storage.blobs import StoredBlob


class Shadow(StrEnum):
    """How much of a shadow the product casts: contact and the light's own, contact alone, or none."""

    SOFT = "SOFT"
    CONTACT = "CONTACT"
    NONE = "NONE"


class Preservation(StrEnum):
    """What may happen to the product's own pixels: nothing, or a smooth, bounded gain."""

    EXACT = "EXACT"
    HARMONIZED = "HARMONIZED"


@dataclass(frozen=True)
class Placement:
    """Where the product stands on the canvas.

    Args:
        canvas_hw: Size of the finished picture.
        crop: The product's box in the photo, with the margin that its soft edge needs.
        top, left: Where the crop's resampled top left corner lies on the canvas; may be negative.
        scale: Canvas pixels per photo pixel.
        product_box: Where the product itself lies on the canvas, clipped to it.
    """

    canvas_hw: SizeHW
    crop: Box
    top: int
    left: int
    scale: float
    product_box: Box

    @property
    def origin_yx(self) -> tuple[int, int] | None:
        """Where the photo's own pixel (0, 0) lies on the canvas, which it may lie outside of; None where the product is
        resampled and pixels have no single place."""
        return (self.top - self.crop.top, self.left - self.crop.left) if self.scale == 1 else None


@dataclass(frozen=True)
class Output:
    """How to write the picture: format, quality 1 to 100, and the blob key without its extension."""

    format: ImageFormat
    quality: int
    key: str


@dataclass(frozen=True)
class RestoreRequest:
    """Put the product back into a generated background.

    Args:
        image: (H, W, 3) uint8 sRGB, the decoded photo.
        placement, camera, pose, shadow, preservation: See each.
        output: See there.
        seed: uint32, of the grain.
        request_id: For the logs.
        deadline_s: Unix time when the result is no longer wanted; None = never.
    """

    image: NDArray[np.uint8]
    placement: Placement
    camera: Camera
    pose: Pose
    shadow: Shadow
    preservation: Preservation
    output: Output
    seed: int = 0
    request_id: str = ""
    deadline_s: float | None = None


@dataclass(frozen=True)
class RestoreResult:
    """A finished, stored shot.

    Args:
        blob: Where it lies.
        core_sha256_before, core_sha256_after: Over the opaque product, see `postprocess/proof.py`.
        core_area_px: How many pixels that is.
        resampling: "none" or the filter's name.
        duration_s: Time worked, queueing not counted.
    """

    blob: StoredBlob
    core_sha256_before: str
    core_sha256_after: str
    core_area_px: int
    resampling: str
    duration_s: float


@dataclass(frozen=True)
class CutoutRequest:
    """Write a cutout as a picture of its own.

    Args:
        crop: The part of the photo to keep; None = all of it.
        background: sRGB colour to put it on; None = leave it transparent.
        output: PNG, WebP or AVIF.
        request_id: For the logs.
        deadline_s: Unix time when the result is no longer wanted; None = never.
    """

    crop: Box | None
    background: tuple[int, int, int] | None
    output: Output
    request_id: str = ""
    deadline_s: float | None = None


@dataclass(frozen=True)
class CutoutResult:
    """A stored cutout and the time worked on it."""

    blob: StoredBlob
    duration_s: float
