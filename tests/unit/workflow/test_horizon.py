"""The plate's horizon lies where that of the photo would lie, carried along with the product."""

import math

import numpy as np
import pytest

from services.api.studio import Canvas
from services.common.camera import FULL_FRAME_MM, Camera
from services.common.geometry import Box
from services.common.pose import Pose
from services.evaluation.truth.goods import Good
from services.evaluation.truth.solids import Crate
from services.evaluation.truth.taken import Stand, Taken
from services.generate.scene import SceneCatalog
from services.workflow.fit import fit_view
from services.workflow.layout import plan_layout
from services.workflow.viewpoint import find_viewpoint

SCENES = SceneCatalog.shipped()
SCENE = SCENES.get("marble")


def horizon(camera: Camera, column: float) -> float:
    """The row, in that column of its picture, where the ground of any camera ends."""
    pitch, roll = math.radians(camera.pitch_deg), math.radians(camera.roll_deg)
    across = column - camera.size_hw[1] / 2
    return camera.size_hw[0] / 2 - (camera.focal_px * math.tan(pitch) + across * math.sin(roll)) / math.cos(roll)


@pytest.mark.parametrize("stand", [Stand(18, 5, 50, (0.05, -0.06)), Stand(28, -6, 85), Stand(14, 0, 35)], ids=str)
def test_plates_horizon_agrees_with_a_rendered_products_own(stand):
    taken = Taken.of(Good("box", Crate(0.12, 0.09, 0.08, 35.0), np.full((4, 6, 3), 0.4, np.float32)), stand, 1)
    alpha = np.round(taken.coverage * 65535).astype(np.uint16)
    rows, columns = (np.flatnonzero((alpha > 32767).any(axis=axis)) for axis in (1, 0))
    box = Box(int(rows[0]), int(columns[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1)
    fit = fit_view(find_viewpoint(taken.photo, alpha, Pose.STANDING), SCENES, SCENE, None, None)
    layout = plan_layout(taken.photo.shape[:2], box, SCENE, Canvas(width=800, height=1000), fit, 4096)
    place, plate = layout.placement, layout.camera
    for aside in (-50, 0, 50):
        column = box.left + box.width / 2 + aside
        own = place.top + place.scale * (horizon(stand.camera(), column) - place.crop.top)
        drawn = horizon(plate, place.left + place.scale * (column - place.crop.left))
        assert drawn == pytest.approx(own, abs=0.04 * plate.size_hw[0])
    focal_mm = plate.focal_px / place.scale / math.hypot(*taken.photo.shape[:2]) * FULL_FRAME_MM
    assert focal_mm == pytest.approx(stand.focal_mm, rel=0.1)
    assert plate.roll_deg == pytest.approx(stand.roll_deg, abs=0.7)
