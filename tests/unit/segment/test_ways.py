import numpy as np

from services.segment.ways import least_costs, step_costs


def seed(place, size=(9, 30)):
    seeds = np.zeros(size, bool)
    seeds[place] = True
    return seeds


def test_way_costs_as_much_as_its_steps():
    assert least_costs(np.full((9, 30), 2.0), seed((4, 0)))[4, 10] == 20


def test_no_way_leads_through_a_wall():
    costs = np.ones((9, 30))
    costs[:, 15] = -1
    found = least_costs(costs, seed((4, 0)))
    assert np.isfinite(found[:, :15]).all()
    assert np.isinf(found[:, 16:]).all()


def test_without_a_seed_there_is_no_way():
    assert np.isinf(least_costs(np.ones((9, 30)), np.zeros((9, 30), bool))).all()


def test_edge_costs_more_than_a_plain_place():
    lab = np.zeros((40, 60, 3), np.float32)
    lab[:, 30:, 0] = 0.8
    costs = step_costs(lab, np.full((40, 60), 20, np.float32))
    assert costs[:, 29:31].min() > 100 * costs[:, :20].max()


def test_step_through_a_neck_costs_more_than_one_through_a_body():
    depth = np.full((40, 60), 20, np.float32)
    depth[:, 30:] = 2
    costs = step_costs(np.zeros((40, 60, 3), np.float32), depth)
    assert costs[:, 30:].min() > costs[:, :30].max()
