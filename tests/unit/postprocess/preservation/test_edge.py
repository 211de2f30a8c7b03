import numpy as np

from services.postprocess.preservation.edge import clear_run, find_edge
from tests.support.drawn_products import Bag

SIZE = 128


def disc(radius: float, center: tuple[float, float] = (63.5, 63.5)) -> np.ndarray:
    y, x = np.mgrid[:SIZE, :SIZE]
    return np.clip(radius - np.hypot(y - center[0], x - center[1]) + 0.5, 0, 1).astype(np.float32)


def test_edge_of_a_disc_lies_on_its_circle_and_points_outwards() -> None:
    edge = find_edge(disc(40))
    outwards = edge.points - 63.5
    assert np.allclose(np.hypot(*outwards.T), 40, atol=0.1)
    assert ((edge.normals * outwards).sum(axis=1) / 40 > 0.99).all()


def test_length_of_the_edge_is_that_of_the_outline() -> None:
    edge = find_edge(disc(40))
    assert abs(len(edge) * edge.spacing_px - 2 * np.pi * 40) < 2


def test_hole_has_an_edge_that_points_into_it() -> None:
    edge = find_edge(disc(50) - disc(20))
    inner = np.hypot(*(edge.points - 63.5).T) < 30
    assert len(edge.starts) == 2
    assert ((edge.normals * (63.5 - edge.points)).sum(axis=1)[inner] > 0).all()


def test_edge_leaves_out_what_the_pictures_border_cuts_off() -> None:
    edge = find_edge(disc(40, (63.5, 0)))
    assert edge.points[:, 1].min() >= 2


def test_edge_of_nothing_is_empty() -> None:
    edge = find_edge(np.zeros((SIZE, SIZE), np.float32))
    assert len(edge) == 0
    assert edge.smoothed(np.zeros(0), 9).shape == (0,)


def test_many_points_are_thinned_out_evenly() -> None:
    stripes = np.zeros((512, 512), np.float32)
    stripes[:, ::8] = stripes[:, 1::8] = stripes[:, 2::8] = 1
    assert 4000 < len(find_edge(stripes)) <= 6100


def test_line_across_stops_where_the_product_begins_again() -> None:
    line = np.array([[1, 0.5, 0, 0, 0.3, 1, 0]], np.float32)
    assert clear_run(line)[0].tolist() == [True, True, True, True, False, False, False]


def test_smoothing_stays_within_each_contour() -> None:
    edge = find_edge(Bag(128).coverage())
    values = np.zeros(len(edge))
    values[: edge.starts[1]] = 1
    assert np.allclose(edge.smoothed(values, 20), values)
