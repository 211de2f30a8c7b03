"""A garment off its mannequin, drawn on a model: the pixels of the cloth stay, all else is drawn."""

import numpy as np
import pytest

from services.common.alpha import OPAQUE
from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.geometry import Box
from services.common.image import ImageFormat
from services.common.light import Finish, Light
from services.common.placement import Placement
from services.common.pose import Pose
from services.common.settings import GenerateSettings, ModelSettings
from services.evaluation.cutting import Cutting
from services.generate.diffusion.masks import held_area
from services.generate.diffusion.painter import DiffusionPainter
from services.generate.diffusion.standing import StandingProduct
from services.generate.prompt import ScenePrompt
from services.generate.schema import Drawing, GenerateRequest, GenerateResult
from services.models.cache import ModelCache
from services.postprocess.restorer import Restorer
from services.postprocess.schema import Output, Preservation, RestoreRequest, Shadow
from services.segment.schema import Selection
from tests.support.memory_blobs import MemoryBlobs
from tests.support.tiny_checkpoint import write_catalog, write_tiny_checkpoint
from tests.support.worn import CLOTH, NECK, SIZE_HW, worn_top

CAMERA = Camera(SIZE_HW, 0.0, 30.0, (240.0, 96.0), 400.0)
LIGHT = Light(-60.0, 45.0, 12.0, (0.6, 0.58, 0.5), (0.4, 0.42, 0.5))


@pytest.fixture(scope="module")
def painter(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    catalog = write_catalog(write_tiny_checkpoint(folder / "checkpoint"), folder / "catalog.yaml")
    cache = ModelCache(ModelSettings(cache_dir=folder / "cache", catalog=catalog))
    settings = GenerateSettings(engine="diffusion", diffusion={"checkpoint": "tiny", "runner": "torch"})
    opened = DiffusionPainter.open(settings, cache, MemoryBlobs())
    opened.warm_up()
    yield opened
    opened.close()


def test_garments_pixels_stay_where_a_wearer_is_drawn(painter, tmp_path):
    photo, seen, _ = worn_top()
    cutout = Cutting(1, tmp_path).cut(photo, seen.astype(np.float32), Selection(ghost_mannequin=True))
    placement = Placement(SIZE_HW, Box(0, 0, *SIZE_HW), 0, 0, 1.0, cutout.box)
    # Of the tiny vocabulary, which spells all other words.
    words = ScenePrompt().compose(
        "{wearer} {product}", "{season}", {"wearer": "red", "product": "cup", "season": "blue"}
    )
    drawing = Drawing(placement, words.positive, words.negative, steps=2, plate_strength=0.0, deterministic=True)
    plate = np.full((*SIZE_HW, 3), 128, np.uint8)
    request = GenerateRequest("white", CAMERA, 1, drawing=drawing)
    drawn = painter.paint(plate, request, drawing, cutout, Deadline())

    held = held_area(StandingProduct.placed(cutout, placement).alpha)
    assert held[CLOTH]
    assert not held[NECK]
    store, output = MemoryBlobs(), Output(ImageFormat.PNG, 90, "shots/one")
    asked = RestoreRequest(photo, placement, CAMERA, Pose.HANGING, Shadow.NONE, Preservation.EXACT, output)
    scene = GenerateResult(drawn, LIGHT, Finish(0.0, 0.0), "tiny", 0.0, clean=False)
    restored = Restorer(store, threads=1).shot(asked, cutout, scene, Deadline())
    assert restored.identical
    assert restored.core_area_px > 0.9 * (cutout.alpha == OPAQUE).sum()
    assert np.abs(drawn[NECK].astype(int) - photo[NECK]).max() > 5
