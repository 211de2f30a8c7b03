"""Light the product as the generator lit its own drawing of it, and keep every detail of the photo.

The generator's drawing tells what light it imagined, in its low frequencies; its high ones are a forgery of the
product. So the photo is multiplied with the ratio of the two blurred pictures. Both blurs look at the product alone
(normalised convolution): one that saw the background through the edge would draw a rim of wrong light. The ratio is
taken of the sRGB values, which is the space that generators average in.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.geometry import Box, SizeHW
from services.common.srgb import LUMINANCE
from services.postprocess.growth import weighted_mean
from services.postprocess.product import Product

#: Blur as a share of the product's longer side: where the drawing lies on the photo to a pixel, and where it does not
#: and only broad light can be told from moved detail.
_SIGMA: Final = 0.025
_BROAD_SIGMA: Final = 0.1
#: The light's colour changes over longer ways than its strength.
_CHROMA_SIGMAS: Final = 3
_LEAST_SIGMA_PX: Final = 2.0
#: Least and most gain, and how far one channel's may lie from their luminance, so that a drawing in other colours
#: passes for coloured light only as far as a brand's colour bears.
GAIN_LIMITS: Final = (0.4, 2.5)
CHROMA_LIMIT: Final = 1.06
#: Share of the gain that lettering takes, in luminance alone.
TEXT_SHARE: Final = 0.5
#: Registration: size it is done at, most shift in canvas pixels and most scaling that count as lying on the photo, and
#: the correlations below which that is not sure, and the drawing shows another thing.
_REGISTER_PX: Final = 512
_DETAIL_SIGMA: Final = 0.05
#: Finer detail than this, in pixels of that size, generators do not keep.
_KEPT_SIGMA: Final = 2.0
_MOST_SHIFT_PX: Final = 1.0
_MOST_SCALING: Final = 0.005
_SURE_CORRELATION: Final = 0.5
_LEAST_CORRELATION: Final = 0.25
#: A product of one tone has nothing to register, and any drawing of one tone fits it: deviation of relative luminance.
_LEAST_CONTRAST: Final = 0.03
#: Keeps ratios of dark pixels finite, in levels of 255.
_DARK: Final = 2.0


def relit(
    product: Product, drawing: NDArray[np.uint8], text: Sequence[Box] = (), strength: float = 1.0
) -> Product | None:
    """The product in the light of its drawing.

    Args:
        product: On the canvas.
        drawing: (H, W, 3) uint8 sRGB, the generator's picture of the canvas' size, with the product in it.
        text: Boxes of lettering on the canvas.
        strength: 0 = the photo's light, 1 = the drawing's.

    Returns:
        The product with other colours, its edge included, and everything else as it was; None where the drawing does
        not show this product, and its light so can't be read from it.
    """
    drawn = drawing[product.box.slices()]
    solid = _solid(product.coverage())
    broad = _placing(product.color, drawn, solid)
    if broad is None:
        return None
    sigma = max(_LEAST_SIGMA_PX, (_BROAD_SIGMA if broad else _SIGMA) * max(product.box.height, product.box.width))
    gain = light_gain(product.color, drawn, solid, sigma)
    gain = 1 + np.float32(strength) * (gain - 1)
    gain = spared(gain, [box.within(product.box) for box in text])
    return product.recolored(np.clip(np.round(product.color * gain), 0, 255).astype(np.uint8))


def light_gain(
    photo: NDArray[np.uint8], drawn: NDArray[np.uint8], solid: NDArray[np.float32], sigma: float
) -> NDArray[np.float32]:
    """What to multiply the photo's sRGB values with, to have the drawing's light.

    Args:
        photo, drawn: (H, W, 3) uint8 sRGB.
        solid: (H, W) float32, 0 to 1, where both show nothing but the product.
        sigma: Of the blur, in pixels.

    Returns:
        (H, W, 3) float32 within `GAIN_LIMITS`, its channels within `CHROMA_LIMIT` of their luminance.
    """
    gray, target = np.asarray(photo @ LUMINANCE, np.float32), np.asarray(drawn @ LUMINANCE, np.float32)
    strength = _ratio(gray, target, solid, sigma)
    # A blur flattens what changes within its reach; a second look at what the first has left halves that.
    strength *= _ratio(gray * strength, target, solid, sigma)
    channels = _ratio(photo * strength[..., None], drawn.astype(np.float32), solid, _CHROMA_SIGMAS * sigma)
    chroma = channels / (channels @ LUMINANCE)[..., None]
    chroma = np.clip(chroma, 1 / CHROMA_LIMIT, CHROMA_LIMIT)
    return np.asarray(np.clip(strength[..., None] * chroma, *GAIN_LIMITS), np.float32)


def spared(gain: NDArray[np.float32], text: Sequence[Box]) -> NDArray[np.float32]:
    """A gain that is gentle to lettering: there without colour and `TEXT_SHARE` as strong, fading over its height.

    Args:
        gain: (H, W, 3) float32.
        text: Boxes in the gain's own pixels; parts outside do not count.
    """
    weight = text_weight((gain.shape[0], gain.shape[1]), text)
    if not weight.any():
        return gain
    plain = 1 + np.float32(TEXT_SHARE) * (gain @ LUMINANCE - 1)
    return np.asarray(gain + weight[..., None] * (plain[..., None] - gain), np.float32)


def text_weight(size_hw: SizeHW, text: Sequence[Box]) -> NDArray[np.float32]:
    """How far each pixel counts as lettering, (H, W) float32: 1 in its boxes, fading over their height.

    Args:
        size_hw: Of the answer.
        text: Boxes in its pixels; parts outside do not count.
    """
    weight = np.zeros(size_hw, np.float32)
    for box in text:
        fade = max(2, round(box.height / 2))
        region = box.grown(3 * fade, size_hw)
        part = np.zeros((region.height, region.width), np.float32)
        part[box.grown(fade, size_hw).within(region).slices()] = 1
        if part.size:
            soft = cv2.GaussianBlur(part, (0, 0), fade / 2)
            weight[region.slices()] = np.maximum(weight[region.slices()], soft)
    return weight


def _ratio(
    photo: NDArray[np.float32], drawn: NDArray[np.float32], solid: NDArray[np.float32], sigma: float
) -> NDArray[np.float32]:
    """Ratio of the blurred pictures; far from anything solid that of their means."""
    scale = max(1, int(sigma / 4))
    size_wh = (max(1, solid.shape[1] // scale), max(1, solid.shape[0] // scale))
    weight = cv2.resize(solid, size_wh, interpolation=cv2.INTER_AREA)
    blurred = []
    for image in (photo, drawn):
        inside = image * (solid if image.ndim == 2 else solid[..., None])
        small = cv2.resize(inside, size_wh, interpolation=cv2.INTER_AREA)
        mean = small.sum(axis=(0, 1)) / max(float(weight.sum()), 1e-6)
        near = cv2.GaussianBlur(weight, (0, 0), sigma / scale)
        total = cv2.GaussianBlur(small, (0, 0), sigma / scale)
        near = near if image.ndim == 2 else near[..., None]
        blurred.append((total + 1e-3 * mean) / (near + 1e-3))
    ratio = (blurred[1] + _DARK) / (blurred[0] + _DARK)
    return np.asarray(cv2.resize(ratio, solid.shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def _solid(coverage: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where product alone is seen, an edge's width from its rim; where there is no such place, what is most so."""
    full = (coverage >= 0.98).astype(np.uint8)
    inner = cv2.erode(full, np.ones((5, 5), np.uint8), borderValue=0)
    chosen = inner if inner.sum() > full.sum() // 4 else full
    return np.asarray(chosen if chosen.any() else coverage**4, np.float32)


def _placing(photo: NDArray[np.uint8], drawn: NDArray[np.uint8], solid: NDArray[np.float32]) -> bool | None:
    """Whether only broad light can be compared; None where the drawing shows something else.

    The transform between the two is found by maximising their correlation (ECC, Evangelidis and Psarakis, 2008).
    """
    shrink = min(1.0, _REGISTER_PX / max(solid.shape))
    size_wh = (max(1, round(solid.shape[1] * shrink)), max(1, round(solid.shape[0] * shrink)))
    weight = np.asarray(cv2.resize(solid, size_wh, interpolation=cv2.INTER_AREA), np.float32)
    mask = (weight > 0.9).astype(np.uint8)
    first, second = (_detail(picture, weight, size_wh) for picture in (photo, drawn))
    if mask.sum() < 64:
        return False
    plain, drawn_plain = (float(each[mask > 0].std()) < _LEAST_CONTRAST for each in (first, second))
    if plain:
        return False if drawn_plain else None
    start = np.eye(2, 3, dtype=np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-4)
    try:
        correlation, moved_by = cv2.findTransformECC(first, second, start, cv2.MOTION_AFFINE, criteria, mask, 5)
    except cv2.error:  # it does not converge, as between two different things
        return None
    if correlation < _SURE_CORRELATION:
        return None if correlation < _LEAST_CORRELATION else True
    found = np.asarray(moved_by, np.float64)
    at = np.argwhere(mask > 0)[:, ::-1]
    moved = at @ (found[:, :2] - np.eye(2)).T + found[:, 2]
    scaling = abs(float(np.linalg.det(found[:, :2])) ** 0.5 - 1)
    return bool(np.hypot(*moved.T).mean() / shrink > _MOST_SHIFT_PX or scaling > _MOST_SCALING)


def _detail(picture: NDArray[np.uint8], weight: NDArray[np.float32], size_wh: tuple[int, int]) -> NDArray[np.float32]:
    """Luminance relative to that around it, 0 where nothing is solid: other light does not change it."""
    small = cv2.resize(np.asarray(picture @ LUMINANCE, np.float32), size_wh, interpolation=cv2.INTER_AREA)
    around, _ = weighted_mean(np.asarray(small, np.float32), weight, _DETAIL_SIGMA * max(size_wh))
    detail = np.clip((small + _DARK) / (around + _DARK), 0, 3) - 1
    return np.asarray(cv2.GaussianBlur(detail * (weight > 0.5), (0, 0), _KEPT_SIGMA), np.float32)
