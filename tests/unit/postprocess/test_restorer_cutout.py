from dataclasses import replace

import cv2
import numpy as np
import pytest

from services.common.alpha import OPAQUE
from services.common.deadline import Deadline
from services.common.errors import InvalidInput
from services.common.geometry import Box
from services.common.image import ImageFormat
from services.postprocess.restorer import Restorer
from services.postprocess.schema import (
    CutoutRequest,
    Output,
)
from tests.support.memory_blobs import MemoryBlobs
from tests.support.restoring import CUTOUT, IMAGE, PNG, pixels


def test_transparent_cutout_is_opaque_only_where_alpha_is_full(restorer: Restorer, store: MemoryBlobs) -> None:
    almost = CUTOUT.alpha.copy()
    almost[0, 0] = OPAQUE - 1
    request = CutoutRequest(None, None, PNG)
    blob = restorer.cutout(request, IMAGE, replace(CUTOUT, alpha=almost), Deadline()).blob
    rgba = pixels(store, blob.key)
    assert np.array_equal(rgba[..., 3] == 255, almost == OPAQUE)
    covered = rgba[..., 3] > 0
    assert np.array_equal(rgba[covered, :3], IMAGE[covered])


def test_transparent_cutout_hides_no_background(restorer: Restorer, store: MemoryBlobs) -> None:
    blob = restorer.cutout(CutoutRequest(None, None, PNG), IMAGE, CUTOUT, Deadline()).blob
    colors = pixels(store, blob.key)[..., :3]
    assert not colors[:6].any()
    near = cv2.dilate(CUTOUT.alpha, np.ones((5, 5), np.uint8)) > 0
    assert np.array_equal(colors[near], IMAGE[near])


def test_cutout_is_cropped(restorer: Restorer, store: MemoryBlobs) -> None:
    crop = Box(20, 24, 40, 50)
    blob = restorer.cutout(CutoutRequest(crop, None, PNG), IMAGE, CUTOUT, Deadline()).blob
    assert (blob.height, blob.width) == (40, 50)
    assert np.array_equal(pixels(store, blob.key)[..., :3], IMAGE[crop.slices()])


def test_cutout_on_a_colour_has_no_alpha(restorer: Restorer, store: MemoryBlobs) -> None:
    output = replace(PNG, format=ImageFormat.JPEG, quality=95)
    blob = restorer.cutout(CutoutRequest(None, (250, 240, 20), output), IMAGE, CUTOUT, Deadline()).blob
    picture = pixels(store, blob.key)
    assert picture.shape == (96, 96, 3)
    assert np.abs(picture[:4, :4].astype(int) - (250, 240, 20)).max() < 12


def test_transparent_jpeg_is_refused(restorer: Restorer) -> None:
    with pytest.raises(InvalidInput, match="transparency"):
        restorer.cutout(CutoutRequest(None, None, Output(ImageFormat.JPEG, 90, "x")), IMAGE, CUTOUT, Deadline())
