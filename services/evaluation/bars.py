"""What must hold: the table of docs/quality.md as data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np


class Over(StrEnum):
    """What is held against the bound: the median of all scenes, or each of them."""

    MEDIAN = "median"
    EVERY = "every scene"


@dataclass(frozen=True)
class Bar:
    """A measure and its bound.

    Args:
        measure: Its key in a reading's values.
        title: What it is.
        unit: Of values and bound; empty for plain numbers.
        at_most, at_least: The bound; a measure with neither is told and not judged.
        over: What is held against it.
        digits: Decimals worth telling.
        high: Whether more is better, where no bound says it.
        counts: Whether values are 1 = yes and 0 = no, of which the number is told.
    """

    measure: str
    title: str
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    over: Over = Over.MEDIAN
    digits: int = 2
    high: bool = False
    counts: bool = False

    @property
    def bound(self) -> str:
        """In words, empty where there is none."""
        if self.counts and self.judges:
            return "yes"
        for words, value in (("at most", self.at_most), ("at least", self.at_least)):
            if value is not None:
                return f"{words} {value:g} {self.unit}".strip()
        return ""

    @property
    def judges(self) -> bool:
        """Whether there is a bound at all."""
        return self.at_most is not None or self.at_least is not None

    def holds(self, values: Sequence[float]) -> bool:
        """Whether these values are within the bound. None at all, and what is no number, never are."""
        if not self.judges:
            return True
        if not values or not all(map(math.isfinite, values)):
            return False
        judged = list(values) if self.over is Over.EVERY else [float(np.median(values))]
        low = -math.inf if self.at_least is None else self.at_least
        high = math.inf if self.at_most is None else self.at_most
        return all(low <= value <= high for value in judged)

    def worst_first(self, value: float) -> float:
        """A key that sorts the worst values to the front."""
        if not math.isfinite(value):
            return -math.inf
        return value if self.high or self.at_least is not None else -value


def _yes(name: str, title: str) -> Bar:
    """What a report has to do in every scene."""
    return Bar(f"report_{name}", title, at_least=1.0, over=Over.EVERY, digits=0, counts=True)


def _told(name: str, title: str) -> Bar:
    """What it may do."""
    return Bar(f"report_{name}", title, digits=0, high=True, counts=True)


BARS: Final = (
    Bar("strap_px", "strap width error, 3 to 12 px, clean photo", "px", at_most=0.10, digits=3),
    Bar("strap_encoded_px", "same, photo blended in sRGB values", "px", at_most=0.10, digits=3),
    Bar("strap_worn_px", "same, noise and JPEG 80", "px", at_most=0.5, digits=3),
    Bar("alpha_rmse", "alpha RMSE in the band", "of 255", at_most=3.0),
    Bar("alpha_worn_rmse", "same, noise and JPEG 80", "of 255", digits=2),
    Bar("hair_rmse", "alpha RMSE around strands of hair, 0.8 to 2 px", "of 255"),
    Bar("hair_mask_rmse", "same, of the network's mask as it comes", "of 255"),
    Bar("lace_rmse", "alpha RMSE in lace, threads of 1.5 to 3.5 px", "of 255"),
    Bar("lace_mask_rmse", "same, of the network's mask as it comes", "of 255"),
    Bar("glass_rmse", "alpha RMSE in and around glass", "of 255"),
    Bar("glass_mask_rmse", "same, of the network's mask as it comes", "of 255"),
    Bar("mannequin_left", "garments on mannequins: share of the mannequin that stays", at_most=0.02, digits=4),
    Bar("mannequin_lost", "same, share of the cloth that goes", at_most=0.02, digits=4),
    Bar("mannequin_parted", "same, at most 5 % of the cloth goes and at most 1 % of the mannequin stays", digits=0,
        high=True, counts=True),
    Bar("mannequin_unfound", "same, the answer says that no mannequin was found", digits=0, counts=True),
    Bar("mannequin_rmse", "same, alpha RMSE in the band of the cloth's edge", "of 255"),
    Bar("mannequin_rim", "same, edge colours beside the mannequin: deltaE2000 to the cloth's"),
    Bar("mannequin_alike_left", "of about the garment's colour: share of the mannequin that stays", digits=4),
    Bar("mannequin_alike_lost", "same, share of the cloth that goes", digits=4),
    Bar("mannequin_alike_silent", "same, more than a tenth stays and the answer does not say that none was found",
        digits=0, counts=True),
    Bar("mannequin_pointed_left", "same, with a point on each part: share of the mannequin that stays", digits=4),
    Bar("mannequin_pointed_lost", "same, share of the cloth that goes", digits=4),
    Bar("thick_share", "visible width error after a generator drew it 2 to 8 px too wide, as a share of 0.25 px or 5 %",
        at_most=1.0),
    Bar("thick_px", "same, in pixels", "px", digits=3),
    Bar("thick_brick_px", "same, before bricks alone", "px", digits=3),
    Bar("drift_share", "same share after one that drew it 2 % larger, 1 px warped, or 5 degrees of hue off", digits=2),
    Bar("calm_px", "visible width error after a generator that changed nothing", "px", at_most=0.10, digits=3),
    Bar("core_changed_px", "opaque core in exact mode: pixels that differ from the photo", "px", at_most=0,
        over=Over.EVERY, digits=0),
    Bar("core_share", "opaque core: its share of what is truly opaque", digits=4, high=True),
    Bar("light_mean", "deltaE2000 inside, harmonized, no relight wanted: mean", at_most=0.5, digits=3),
    Bar("light_p95", "same, 95th percentile", at_most=1.5, digits=3),
    Bar("light_ssim", "SSIM inside", at_least=0.995, digits=4),
    Bar("relight_mean", "deltaE2000 to the truth where a generator drew the product in another light: mean", digits=3),
    Bar("unlit_mean", "same, of the photo as it is", digits=3),
    Bar("recolour_mean", "recoloured, against the same product rendered in that dye, deltaE2000 inside: mean",
        at_most=0.5, digits=3),
    Bar("recolour_p95", "same, 95th percentile", at_most=1.5, digits=3),
    Bar("recolour_ssim", "same, SSIM of L*", at_least=0.99, digits=4),
    Bar("recolour_outside_px", "same with a mask: pixels beside it that differ from the photo", "px", at_most=0,
        over=Over.EVERY, digits=0),
    Bar("recolour_rim_mean", "recoloured, deltaE2000 within 4 px of the edge: mean", digits=3),
    Bar("recolour_lights_mean", "recoloured under a warm and a cold lamp, deltaE2000 inside: mean", digits=3),
    Bar("recolour_lights_p95", "same, 95th percentile", digits=3),
    Bar("recolour_clipped_mean", "recoloured where the photo is overexposed: mean", digits=3),
    Bar("recolour_clipped_p95", "same, 95th percentile", digits=3),
    Bar("recolour_print_mean", "recoloured with print in another colour: mean", digits=3),
    Bar("recolour_print_p95", "same, 95th percentile", digits=3),
    Bar("shadow_rmse", "shadow against a 600-sample area light, flat boards: RMSE", at_most=0.04, digits=4),
    Bar("shadow_round_rmse", "same, round tins", at_most=0.04, digits=4),
    Bar("shadow_gap_px", "shadow: gap to the contact", "px", at_most=1.0),
    Bar("shadow_iou", "shadow: overlap of the dark halves (IoU)", digits=3, high=True),
    Bar("pitch_round_deg", "camera pitch read from a photo of a round good: error", "degrees", at_most=6),
    Bar("pitch_box_deg", "same, of a box", "degrees", at_most=6),
    Bar("roll_round_deg", "roll where it is surely told, round goods: error", "degrees", at_most=2),
    Bar("roll_box_deg", "same, boxes", "degrees", at_most=2),
    Bar("focal_round_percent", "focal length where it is surely told, round goods: error", "%", at_most=25, digits=1),
    Bar("focal_box_percent", "same, boxes", "%", at_most=25, digits=1),
    Bar("pitch_right", "pitch that is surely told is right within 15 degrees", digits=0, high=True, counts=True),
    Bar("roll_right", "roll, within 2 degrees", digits=0, high=True, counts=True),
    Bar("focal_right", "focal length, within a quarter", digits=0, high=True, counts=True),
    Bar("budget_s", "matting and compositing of a 2048 px photo: time", "s", at_most=5.0),
    Bar("budget_gb", "same, memory", "GB", at_most=3.0, over=Over.EVERY),
    _yes("known_full_thick", "full report moves when the product is 10 % thicker"),
    _yes("known_full_letter", "full report moves when one letter is changed"),
    _yes("known_full_still", "full report stays when only the background changes"),
    _yes("known_basic_thick", "basic report moves when the product is 10 % thicker"),
    _yes("known_basic_letter", "basic report moves when one letter is changed"),
    _yes("known_basic_still", "basic report stays when only the background changes"),
    _told("guessed_full_thick", "the same six where the background has to be guessed: full, thicker"),
    _told("guessed_full_letter", "full, letter"),
    _told("guessed_full_still", "full, background"),
    _told("guessed_basic_thick", "basic, thicker"),
    _told("guessed_basic_letter", "basic, letter"),
    _told("guessed_basic_still", "basic, background"),
)  # fmt: skip
