import dataclasses

import numpy as np
import pytest

from services.common.camera import Camera
from services.common.light import Light
from services.generate.plates.gobo import Gobo, WindowShape
from services.generate.plates.lighting import Lamp
from services.generate.plates.view import View

WINDOW = WindowShape((0.3, 0.4), 0.03, columns=3, rows=4, penumbra_m=0.012, leaves=0.0)


def lamp(azimuth: float = -115) -> Lamp:
    light = Light(azimuth, 35, 1.5, (0.7, 0.7, 0.7), (0.3, 0.3, 0.3))
    return Lamp(light, View(Camera((200, 160), 10, 30, (160, 80), 300), 0.01), 6)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("azimuth", [-115, 115])
def test_the_foot_stands_in_the_light(seed: int, azimuth: float) -> None:
    source = lamp(azimuth)
    gobo = Gobo.window(WINDOW, azimuth < 0, np.random.default_rng(seed))
    assert gobo.shade(source, source.foot[None, None])[0, 0] > 0.9


def test_far_outside_the_window_is_dark() -> None:
    source = lamp()
    away = source.foot[None, None] + np.array([3, 0, 0], np.float32)
    assert Gobo.window(WINDOW, from_left=True, rng=np.random.default_rng(0)).shade(source, away)[0, 0] == 0


def test_leaves_take_light_away() -> None:
    bare = Gobo.window(WINDOW, from_left=True, rng=np.random.default_rng(0)).mask
    leafy = Gobo.window(dataclasses.replace(WINDOW, leaves=0.9), from_left=True, rng=np.random.default_rng(0)).mask
    assert (leafy <= bare + 1e-6).all()
    assert leafy.mean() < 0.97 * bare.mean()


def test_a_larger_light_blurs_the_bars_more() -> None:
    sharp, soft = (
        Gobo.window(dataclasses.replace(WINDOW, penumbra_m=size), from_left=True, rng=np.random.default_rng(0)).mask
        for size in (0.005, 0.03)
    )
    assert np.abs(np.diff(soft, axis=1)).max() < 0.5 * np.abs(np.diff(sharp, axis=1)).max()


def test_a_canopy_spares_the_foot_and_takes_its_share_elsewhere() -> None:
    source = lamp()
    gobo = Gobo.canopy(0.6, np.random.default_rng(1))
    assert gobo.shade(source, source.foot[None, None])[0, 0] == pytest.approx(1, abs=0.01)
    assert gobo.mask.min() == pytest.approx(0.4, abs=0.02)
