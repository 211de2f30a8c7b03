import numpy as np
import pytest

from services.generate.plates.edge import Edge, EdgeShape, coverage

ZERO = np.zeros(1, np.float32)


@pytest.mark.parametrize("shape", [EdgeShape.STRAIGHT, EdgeShape.ROUND])
def test_the_far_edge_is_as_far_behind_the_foot_as_wanted(shape: EdgeShape) -> None:
    edge = Edge(shape, behind_m=0.4, turn_deg=0, radius_m=0.6, rim_m=0.005)
    inside = edge.inside_m(np.zeros(3, np.float32), np.array([0.3, 0.4, 0.5], np.float32))
    np.testing.assert_allclose(inside, [0.1, 0, -0.1], atol=1e-6)


def test_a_round_table_ends_at_its_sides() -> None:
    edge = Edge(EdgeShape.ROUND, behind_m=0.4, turn_deg=0, radius_m=0.6, rim_m=0.005)
    assert edge.inside_m(np.array([0.7], np.float32), ZERO)[0] < 0


def test_a_broken_edge_wanders_within_a_few_centimetres() -> None:
    edge = Edge(EdgeShape.BROKEN, 0.4, 0, 1, 0.005, phase=(0.1, 0.5, 0.9, 0.2))
    x = np.linspace(-0.5, 0.5, 200, dtype=np.float32)
    inside = edge.inside_m(x, np.full_like(x, 0.4))
    assert 0.005 < np.ptp(inside) < 0.08


def test_coverage_of_a_pixel_on_the_edge_is_half() -> None:
    inside = np.linspace(-2, 2, 9, dtype=np.float32)[:, None] * np.ones((1, 5), np.float32)
    assert coverage(inside)[:, 0].tolist() == [0, 0, 0, 0, 0.5, 1, 1, 1, 1]
