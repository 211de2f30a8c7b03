"""A disc on a canvas of plain green: what is asked of the restorer, and what it leaves in its store."""

import io

import cv2
import numpy as np
from PIL import Image

from services.common.camera import Camera
from services.common.geometry import Box
from services.common.image import ImageFormat
from services.common.light import Finish, Light
from services.common.placement import Placement
from services.common.pose import Pose
from services.generate.schema import GenerateResult
from services.postprocess.schema import (
    Output,
    Preservation,
    RestoreRequest,
    Shadow,
)
from tests.support.memory_blobs import MemoryBlobs
from tests.support.products import soft_disc

CANVAS = (160, 150)
IMAGE, CUTOUT = soft_disc()
PNG = Output(ImageFormat.PNG, 90, "shots/one")
LIGHT = Light(-60.0, 45.0, 12.0, (0.6, 0.58, 0.5), (0.4, 0.42, 0.5))
GREEN = np.full((*CANVAS, 3), (210, 220, 200), np.uint8)
SCENE = GenerateResult(GREEN, LIGHT, Finish(0.2, 0.1), "test", 0.0, clean=True)
REQUEST = RestoreRequest(
    IMAGE,
    Placement(CANVAS, Box(10, 10, 76, 76), 40, 35, 1.0, Box(48, 43, 60, 60)),
    Camera(CANVAS, 25.0, 30.0, (100.0, 73.0), 250.0),
    Pose.STANDING,
    Shadow.SOFT,
    Preservation.EXACT,
    PNG,
)


def pixels(store: MemoryBlobs, key: str) -> np.ndarray:
    with Image.open(io.BytesIO(store.files[key])) as file:
        return np.asarray(file)


def gray(store: MemoryBlobs, key: str) -> np.ndarray:
    """A stored mask with all its bits."""
    return np.asarray(cv2.imdecode(np.frombuffer(store.files[key], np.uint8), cv2.IMREAD_UNCHANGED))


def core_on_canvas(rgba: np.ndarray, placement: Placement) -> np.ndarray:
    """The core as a caller finds it: the cutout's opaque pixels, moved by the photo's origin on the canvas."""
    assert placement.origin_yx is not None
    core = np.zeros(placement.canvas_hw, bool)
    rows, columns = np.nonzero(rgba[..., 3] == 255)
    rows, columns = rows + placement.origin_yx[0], columns + placement.origin_yx[1]
    inside = (rows >= 0) & (rows < core.shape[0]) & (columns >= 0) & (columns < core.shape[1])
    core[rows[inside], columns[inside]] = True
    return core
