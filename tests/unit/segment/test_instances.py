import numpy as np

from services.common.alpha import OPAQUE
from services.common.geometry import Box
from services.segment.instances import find_instances


def alpha_of(*boxes, size_hw=(200, 300)):
    alpha = np.zeros(size_hw, np.uint16)
    for top, left, height, width in boxes:
        alpha[top : top + height, left : left + width] = OPAQUE
    return alpha


def found(alpha):
    return find_instances(alpha, 0.75, lambda part: float(part.mean() > 0))


def test_two_shoes_are_two_instances_by_area():
    instances, labels = found(alpha_of((20, 10, 100, 60), (20, 150, 120, 60)))
    assert [each.box for each in instances] == [Box(20, 150, 120, 60), Box(20, 10, 100, 60)]
    assert [each.area_px for each in instances] == [7200, 6000]
    assert (labels[60, 180], labels[60, 40]) == (1, 2)


def test_sliver_and_cord_belong_to_the_nearest_instance():
    instances, _ = found(alpha_of((20, 10, 100, 60), (30, 75, 20, 3), (20, 150, 100, 60), (10, 220, 150, 3)))
    assert [each.area_px for each in instances] == [6000 + 450, 6000 + 60]
    assert instances[0].box == Box(10, 150, 150, 73)


def test_equal_instances_come_from_the_top_and_from_the_left():
    instances, _ = found(alpha_of((100, 10, 50, 50), (20, 200, 50, 50), (20, 10, 50, 50)))
    assert [(each.box.top, each.box.left) for each in instances] == [(20, 10), (20, 200), (100, 10)]


def test_labels_are_reduced_and_areas_are_not():
    instances, labels = found(alpha_of((100, 100, 1000, 500), size_hw=(1200, 2000)))
    assert labels.shape == (307, 512)
    assert (labels == 1).all()
    assert instances[0].area_px == 500_000


def test_every_solid_pixel_is_of_one_instance():
    alpha = alpha_of((20, 10, 100, 60), (30, 75, 20, 3), (20, 150, 100, 60))
    assert sum(each.area_px for each in found(alpha)[0]) == (alpha > OPAQUE // 2).sum()


def test_no_product_is_no_instance():
    instances, labels = found(alpha_of())
    assert instances == ()
    assert not labels.any()


def test_single_instance_has_the_confidence_of_the_whole():
    assert found(alpha_of((20, 10, 100, 60)))[0][0].confidence == 0.75


def test_thread_too_fine_for_the_grid_is_one_instance():
    assert len(found(alpha_of((10, 0, 1, 3000), size_hw=(200, 3000)))[0]) == 1


def test_confidence_is_asked_for_each_alone():
    asked = []
    find_instances(
        alpha_of((20, 10, 100, 60), (20, 150, 120, 60)), 0.75, lambda part: asked.append(int(part.sum())) or 0.5
    )
    assert asked == [7200, 6000]
