from dataclasses import replace

import numpy as np
import pytest

from services.common.alpha import OPAQUE
from services.common.deadline import Deadline
from services.common.errors import InvalidInput
from services.common.geometry import Box
from services.common.placement import Placement
from services.postprocess.restorer import Restorer
from services.postprocess.schema import (
    CutoutRequest,
    Recolour,
)
from services.segment.schema import SegmentResult
from tests.support.dyed_cloth import GREEN as GREEN_DYE
from tests.support.dyed_cloth import NAVY, RED, cloth
from tests.support.memory_blobs import MemoryBlobs
from tests.support.restoring import CANVAS, CUTOUT, PNG, REQUEST, SCENE, pixels


def red_disc() -> tuple[np.ndarray, SegmentResult]:
    """A disc of red cloth with a blue patch, before white."""
    image = np.where((CUTOUT.alpha > 0)[..., None], cloth(RED), np.uint8(255))
    image[40:50, 40:56] = NAVY
    return image, replace(CUTOUT, foreground=image)


def test_recoloured_shot_tells_what_changed_and_passes(restorer: Restorer, store: MemoryBlobs) -> None:
    image, cutout = red_disc()
    request = replace(REQUEST, image=image, recolour=Recolour(GREEN_DYE))
    result = restorer.shot(request, cutout, SCENE, Deadline())
    assert result.reports.passed
    own = restorer.shot(replace(request, recolour=None), cutout, SCENE, Deadline())
    assert result.core_sha256_before == own.core_sha256_before
    assert not result.identical
    assert np.allclose(result.recoloured.before, RED, atol=8)
    assert np.allclose(result.recoloured.after, GREEN_DYE, atol=8)
    picture = pixels(store, result.blob.key)[40:116, 35:111]
    assert np.array_equal(picture[33:37, 33:43], image[43:47, 43:53])


def test_recoloured_shot_of_another_size_passes_too(restorer: Restorer) -> None:
    image, cutout = red_disc()
    placement = Placement(CANVAS, Box(10, 10, 76, 76), 40, 35, 0.7, Box(48, 43, 42, 42))
    request = replace(REQUEST, image=image, placement=placement, recolour=Recolour(GREEN_DYE))
    result = restorer.shot(request, cutout, SCENE, Deadline())
    assert result.reports.passed
    assert result.recoloured.outside_px == 0


def test_recoloured_cutout_changes_where_the_mask_lets_it(restorer: Restorer, store: MemoryBlobs) -> None:
    image, cutout = red_disc()
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[:48] = 255
    request = CutoutRequest(None, None, PNG, Recolour(GREEN_DYE, mask))
    result = restorer.cutout(request, image, cutout, Deadline())
    found = pixels(store, result.blob.key)[..., :3]
    core = cutout.alpha == OPAQUE
    core[:48] = False
    assert np.array_equal(found[core], image[core])
    assert np.allclose(np.median(found[25:38, 40:56], axis=(0, 1)), GREEN_DYE, atol=25)
    assert result.recoloured.box.bottom <= 48


def test_mask_beside_the_product_is_refused(restorer: Restorer) -> None:
    image, cutout = red_disc()
    request = replace(REQUEST, image=image, recolour=Recolour(GREEN_DYE, np.zeros(image.shape[:2], np.uint8)))
    with pytest.raises(InvalidInput, match="mask is bright"):
        restorer.shot(request, cutout, SCENE, Deadline())
