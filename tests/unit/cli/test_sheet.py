import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from services.cli.sheet import (
    CAPTION_PX,
    HEADER_PX,
    MAX_ROW_PX,
    WIDTH_PX,
    Picture,
    make_sheet,
    on_checkerboard,
    save_sheet,
)
from services.common.errors import TooLarge

RED = (200, 30, 30)


def picture(width, height, title="A scene"):
    return Picture(Image.new("RGB", (width, height), RED), title, "1.21 s")


@settings(max_examples=20, deadline=None)
@given(sizes=st.lists(st.tuples(st.integers(40, 400), st.integers(40, 400)), min_size=1, max_size=12))
def test_sheet_is_of_one_width_and_shows_every_picture(sizes):
    sheet = make_sheet([picture(*size) for size in sizes], "Vitrine", "a note")
    assert sheet.width == WIDTH_PX
    columns = (np.asarray(sheet) == RED).all(axis=2)
    starts = np.diff(columns.astype(np.int8), axis=1, prepend=0) == 1
    # A picture begins at one column in all its rows, so the starts in one row of pixels count the pictures there.
    per_row = starts.sum(axis=1)
    bands = np.flatnonzero(np.diff((per_row > 0).astype(np.int8), prepend=0) == 1)
    assert sum(int(per_row[top + 5]) for top in bands) == len(sizes)


def test_pictures_keep_their_proportions():
    columns = (np.asarray(make_sheet([picture(300, 200)], "Vitrine", "")) == RED).all(axis=2)
    height, width = columns.any(axis=1).sum(), columns.any(axis=0).sum()
    assert width / height == pytest.approx(1.5, abs=0.02)


def test_name_stands_below_the_title():
    image = Image.new("RGB", (600, 600))
    plain, named = (np.asarray(make_sheet([Picture(image, "Marble", "", name)], "", "")) for name in ("", "marble"))
    rows = np.flatnonzero((plain != named).any(axis=(1, 2)))
    below = HEADER_PX + MAX_ROW_PX
    assert below + 32 < rows.min() < rows.max() < below + CAPTION_PX


def test_long_title_does_not_run_into_its_neighbour():
    plain = make_sheet([picture(80, 100, "Short"), picture(80, 100, "Next")], "Vitrine", "")
    long = make_sheet([picture(80, 100, "A very long title " * 20), picture(80, 100, "Next")], "Vitrine", "")
    middle = WIDTH_PX // 2
    assert np.array_equal(np.asarray(plain)[:, middle:], np.asarray(long)[:, middle:])


def test_transparent_pixels_become_a_checkerboard_and_opaque_ones_stay():
    image = Image.new("RGBA", (64, 64), (*RED, 255))
    image.paste((0, 0, 0, 0), (0, 0, 64, 32))
    board = np.asarray(on_checkerboard(image))
    assert (board[32:] == RED).all()
    assert len(np.unique(board[:32].reshape(-1, 3), axis=0)) == 2


def test_file_stays_below_its_limit(tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, (200, 300, 3), np.uint8)
    sheet = make_sheet([Picture(Image.fromarray(noise), "Noise")], "Vitrine", "")
    save_sheet(sheet, tmp_path / "best.jpg", 10**8)
    limit = int(0.7 * (tmp_path / "best.jpg").stat().st_size)
    save_sheet(sheet, tmp_path / "sheet.jpg", limit)
    assert 0.5 * limit < (tmp_path / "sheet.jpg").stat().st_size < limit


def test_limit_that_cannot_be_met_is_told(tmp_path):
    with pytest.raises(TooLarge):
        save_sheet(make_sheet([picture(30, 20)], "Vitrine", ""), tmp_path / "sheet.jpg", 100)
