"""A generator that draws the product into its background, and too wide."""

import asyncio

import cv2
import numpy as np

from services.common.light import Finish, Light
from services.generate.schema import GenerateResult


class WideGenerator:
    """The generate stage: a plain background, with a block of the product's colour around where the product will stand.

    Args:
        color: sRGB of the product.
        wider_px: How far the block reaches beyond the product in every direction; just too far for the clean plate.
        clean_seeds: Seeds whose background has none.

    Attributes:
        box: Where the product stands; set it once it is known.
        seeds: Of all backgrounds, in order.
    """

    def __init__(self, color, wider_px=12, clean_seeds=()):
        self.color = color
        self.wider_px = wider_px
        self.clean_seeds = clean_seeds
        self.box = None
        self.seeds = []

    def run(self, request):
        async def work():
            self.seeds.append(request.seed)
            background = np.full((*request.camera.size_hw, 3), (225, 228, 232), np.uint8)
            if self.box is not None and request.seed not in self.clean_seeds:
                product = np.ones(request.camera.size_hw, np.uint8)
                product[self.box.slices()] = 0
                background[cv2.distanceTransform(product, cv2.DIST_L2, 5) <= self.wider_px] = self.color
            light = Light(0.0, 60.0, 10.0, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
            return GenerateResult(background, light, Finish(0.0, 1.0), "wide 1", 0.125)

        return asyncio.ensure_future(work())
