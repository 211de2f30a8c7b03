import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.light import Light
from services.postprocess.directions import light_offsets


@given(st.floats(-180, 180), st.floats(5, 90), st.floats(0, 30))
def test_light_offsets_point_away_from_the_light_and_weigh_one(azimuth: float, elevation: float, radius: float) -> None:
    offsets, weights = light_offsets(Light(azimuth, elevation, radius, (0.6, 0.6, 0.6), (0.4, 0.4, 0.4)))
    assert weights.sum() == pytest.approx(1)
    assert np.isfinite(offsets).all()
    if elevation < 50 and radius < 10:
        away = -np.array([np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth))])
        assert (offsets @ away > 0).all()
