import numpy as np
import pytest

from services.common.errors import Internal
from services.evaluation.truth.network import TruthNetwork
from services.evaluation.truth.scene import Scene
from services.segment.model import SegmentationModel


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene.drawn(0, side_px=200)


@pytest.mark.parametrize("margin", [0.0, 0.2], ids=["first look", "second look"])
def test_mask_is_the_truth_on_the_networks_grid_but_blurred(scene: Scene, margin: float) -> None:
    model = SegmentationModel(TruthNetwork(scene.photo, scene.alpha, grid=256), "drawn")
    mask = model.run(scene.photo, margin)
    inside, far = (np.asarray(part) for part in (scene.alpha == 1, scene.alpha == 0))
    shown = mask[:200, :200] if mask.shape == (200, 200) else mask
    assert 0 <= mask.min() <= mask.max() <= 1
    assert mask.mean() == pytest.approx(scene.alpha.mean(), rel=0.03)
    assert ((mask > 0.02) & (mask < 0.98)).sum() > ((scene.alpha > 0) & (scene.alpha < 1)).sum()
    assert inside.any()
    assert far.any()
    assert shown.max() > 0.99


def test_another_photo_is_refused(scene: Scene) -> None:
    model = SegmentationModel(TruthNetwork(scene.photo, scene.alpha, grid=64), "drawn")
    with pytest.raises(Internal, match="another photo"):
        model.run(scene.photo[::-1].copy())
