"""From the colour that a request wants its product in to what Postprocess takes."""

from services.api import studio as api
from services.codecs.mask import RECOLOUR_MASK, decode_mask
from services.common.css_color import css_rgb
from services.common.errors import InvalidInput
from services.common.geometry import SizeHW
from services.common.image import ImageLimits
from services.postprocess.schema import Recolour


def check_recolour(wanted: api.Recolour | None) -> None:
    """Refuse one that names no colour.

    Raises:
        InvalidInput: With the field.
    """
    if wanted is not None and not wanted.to:
        raise InvalidInput(
            "recolour.to: it is missing; a colour is wanted, by its name in CSS or as #rrggbb", field="recolour.to"
        )


def recolour_of(wanted: api.Recolour | None, size_hw: SizeHW, limits: ImageLimits) -> Recolour | None:
    """The colour, and where it goes, in the photo's pixels.

    Args:
        wanted: The request's, checked.
        size_hw: The photo's, as it is shown.
        limits: For the mask.

    Raises:
        InvalidInput: The mask has another size; details name the field.
        TooLarge, UnsupportedMedia: The mask can't be read.
    """
    check_recolour(wanted)
    if wanted is None:
        return None
    mask = None if wanted.mask is None else decode_mask(wanted.mask.content, size_hw, limits, RECOLOUR_MASK)
    return Recolour(css_rgb(wanted.to), mask)
