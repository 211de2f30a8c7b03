"""A top on a mannequin, drawn flat: the photo, what is seen of both, and what is cloth."""

import cv2
import numpy as np

SIZE_HW = (256, 192)
BEHIND = (120, 140, 150)
#: (row, column) on the mannequin's neck, on its leg, and on the cloth.
NECK, LEG, CLOTH = (40, 96), (220, 80), (110, 96)


def worn_top(cloth=(170, 40, 45), plastic=(226, 226, 222), stand=False, seed=0):
    """(256, 192, 3) uint8, and two (256, 192) bool: mannequin and cloth together, and cloth alone."""
    mannequin, garment = (np.zeros(SIZE_HW, np.uint8) for _ in range(2))
    cv2.circle(mannequin, (96, 26), 16, 1, -1)
    cv2.rectangle(mannequin, (87, 30), (105, 70), 1, -1)
    foot = np.zeros(SIZE_HW, np.uint8)
    if stand:
        cv2.rectangle(foot, (94, 170), (98, 245), 1, -1)
        cv2.rectangle(foot, (80, 240), (112, 246), 1, -1)
    else:
        for column in (80, 112):
            cv2.rectangle(mannequin, (column - 10, 170), (column + 10, 240), 1, -1)
    cv2.fillConvexPoly(garment, np.array([[56, 66], [136, 66], [142, 180], [50, 180]]), 1)
    cv2.circle(garment, (96, 62), 16, 0, -1)
    image = np.full((*SIZE_HW, 3), BEHIND, np.float64)
    for mask, color in ((foot, (70, 70, 72)), (mannequin, plastic), (garment, cloth)):
        image[mask > 0] = color
    image += np.random.default_rng(seed).normal(0, 1.5, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8), (mannequin | garment | foot) > 0, garment > 0
