import cv2
import numpy as np
import pytest

from services.common.deadline import Deadline
from services.common.errors import Cancelled
from services.segment.closed_form import ClosedForm
from tests.support.straps import Shape

SIZE = (220, 150)
NO_PULL = np.zeros(SIZE, np.float32)


@pytest.fixture(scope="module")
def solver(tmp_path_factory):
    return ClosedForm(1, tmp_path_factory.mktemp("compiled"))


@pytest.fixture
def strap():
    """Colours mixed of two, what is known of alpha (with nothing guessed), where it is unknown, and the truth."""
    coverage = Shape.wave(SIZE, 14, 20, 0.003).coverage.astype(np.float32)
    mixed = coverage[..., None] * np.float32([0.7, 0.1, 0.2]) + (1 - coverage[..., None]) * np.float32([0.2, 0.5, 0.6])
    unknown = cv2.dilate(((coverage > 0) & (coverage < 1)).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return mixed, np.where(unknown, 0, coverage).astype(np.float32), unknown, coverage


def test_mixture_of_two_colours_is_found_exactly(solver, strap):
    colours, known, unknown, truth = strap
    assert np.abs(solver.run(colours, known, unknown, NO_PULL, 1e-7).alpha - truth).max() < 0.01


def test_known_pixels_keep_their_bits(solver, strap):
    colours, known, unknown, _ = strap
    known[~unknown] *= np.float32(0.987)
    found = solver.run(colours, known, unknown, NO_PULL, 1e-7).alpha
    assert np.array_equal(found[~unknown], known[~unknown])


def test_parts_side_by_side_show_no_seam(strap, solver, tmp_path):
    colours, known, unknown, _ = strap
    together = solver.run(colours, known, unknown, NO_PULL, 1e-5).alpha
    assert np.abs(ClosedForm(2, tmp_path).run(colours, known, unknown, NO_PULL, 1e-5).alpha - together).max() < 0.005


def test_strong_pull_keeps_the_guess(solver, strap):
    colours, known, unknown, _ = strap
    known[unknown] = 0.4
    found = solver.run(colours, known, unknown, np.full(SIZE, 1e4, np.float32), 1e-5).alpha
    assert np.abs(found[unknown] - 0.4).max() < 0.01


def test_nothing_unknown_changes_nothing(solver, strap):
    colours, known, _, _ = strap
    assert np.array_equal(solver.run(colours, known, np.zeros(SIZE, bool), NO_PULL, 1e-7).alpha, known)


@pytest.mark.parametrize("size_hw", [(1, 7), (2, 2), (3, 90)])
def test_pictures_smaller_than_a_window_keep_their_guess(solver, size_hw):
    guess = np.full(size_hw, 0.3, np.float32)
    colours = np.random.default_rng(0).random((*size_hw, 3), np.float32)
    found = solver.run(colours, guess, np.ones(size_hw, bool), np.full(size_hw, 0.1, np.float32), 1e-5).alpha
    assert np.abs(found - 0.3).max() < 0.01


def test_nothing_but_background_around_keeps_the_guess(solver):
    """No known pixel is product, and none is guessed: the right side is zero."""
    unknown = np.zeros(SIZE, bool)
    unknown[60:90, 40:110] = True
    colours = np.full((*SIZE, 3), 0.3, np.float32)
    found = solver.run(colours, np.zeros(SIZE, np.float32), unknown, np.full(SIZE, 0.05, np.float32), 1e-5)
    assert not found.alpha.any()
    assert not found.unsolved.any()


def test_system_without_a_solution_keeps_the_guess_and_says_where(solver, strap, monkeypatch):
    """One step behind a poor factor is too few."""
    colours, known, unknown, _ = strap
    monkeypatch.setattr("services.segment.closed_form._MAX_STEPS", 1)
    monkeypatch.setattr("services.segment.closed_form._DROP", 1.0)
    found = solver.run(colours, known, unknown, NO_PULL, 1e-7)
    assert np.array_equal(found.alpha, known)
    assert np.array_equal(found.unsolved, unknown)


def test_part_that_is_no_longer_wanted_is_not_begun(strap, tmp_path, monkeypatch):
    colours, known, unknown, _ = strap
    deadline, begun = Deadline(), []
    solver = ClosedForm(1, tmp_path)
    monkeypatch.setattr("services.segment.closed_form._cuts", lambda unknown, parts: [0, 110, len(unknown)])
    real = solver._solve
    monkeypatch.setattr(solver, "_solve", lambda *parts: [begun.append(1), deadline.cancel(), real(*parts)][-1])
    with pytest.raises(Cancelled):
        solver.run(colours, known, unknown, NO_PULL, 1e-7, deadline)
    assert len(begun) == 1
