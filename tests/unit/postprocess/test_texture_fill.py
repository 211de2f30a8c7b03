import numpy as np

from services.postprocess.texture_fill import texture_fill

SIZE = 128


def band() -> np.ndarray:
    """A slanting hole across the picture."""
    rows, columns = np.mgrid[:SIZE, :SIZE]
    return np.abs(columns - SIZE / 2 - (rows - SIZE / 2) / 6) < 8


def grain() -> np.ndarray:
    """Detail of wood: streaks along the rows, like each other to the left and to the right."""
    streaks = np.random.default_rng(1).normal(0, 12, (SIZE, 1, 1))
    return np.broadcast_to(streaks, (SIZE, SIZE, 3)).astype(np.float32)


def holed(detail: np.ndarray) -> np.ndarray:
    return np.where(band()[..., None], np.float32(99), detail)


def test_streaks_run_on_through_the_hole() -> None:
    filled = texture_fill(holed(grain()), band(), band())
    middle = band() & (np.abs(np.arange(SIZE) - SIZE // 2) < 40)[:, None]
    assert np.abs(filled - grain())[middle].max() < 0.5


def test_nothing_of_the_hole_is_copied() -> None:
    assert texture_fill(holed(grain()), band(), band()).max() < 60


def test_only_near_what_is_wanted_something_is_filled() -> None:
    wanted = band() & (np.arange(SIZE) < SIZE // 2)[:, None]
    filled = texture_fill(holed(grain()), band(), wanted)
    assert not filled[SIZE // 2 + 32 :].any()
    assert filled[wanted].any()


def test_beside_the_hole_pieces_show_how_well_they_fit() -> None:
    filled = texture_fill(holed(grain()), band(), band())
    beside = ~band() & (filled != 0).all(axis=2) & (np.abs(np.arange(SIZE) - SIZE // 2) < 24)[:, None]
    assert np.abs(filled - grain())[beside].max() < 0.5


def test_picture_that_is_all_hole_gives_nothing() -> None:
    everywhere = np.ones((SIZE, SIZE), bool)
    assert not texture_fill(grain(), everywhere, everywhere).any()


def test_picture_smaller_than_a_piece_gives_nothing() -> None:
    assert not texture_fill(grain()[:12, :12], band()[:12, :12], np.ones((12, 12), bool)).any()
