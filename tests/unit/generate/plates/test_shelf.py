from pathlib import Path

import numpy as np
import pytest

from services.generate.plates import shelf
from services.generate.plates.materials.catalog import MaterialName, build_texture
from services.generate.plates.shelf import TextureShelf


def test_a_texture_from_the_shelf_is_the_one_that_was_made(tmp_path: Path) -> None:
    made = build_texture(MaterialName.STONE, 1, 64)
    kept = TextureShelf(tmp_path, 64).texture(MaterialName.STONE, 1)
    assert (kept.tile_m, kept.fine_tile_m) == (made.tile_m, made.fine_tile_m)
    for name in ("albedo", "detail", "fine"):
        for here, there in zip(getattr(kept, name), getattr(made, name), strict=True):
            np.testing.assert_array_equal(here, there)


def test_a_texture_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    TextureShelf(tmp_path, 64).texture(MaterialName.STONE, 0)
    monkeypatch.setattr(shelf, "build_texture", pytest.fail)
    TextureShelf(tmp_path, 64).texture(MaterialName.STONE, 0)


def test_a_damaged_texture_is_made_again(tmp_path: Path) -> None:
    TextureShelf(tmp_path, 64).texture(MaterialName.STONE, 0)
    [place] = tmp_path.iterdir()
    (place / "albedo-0.npy").write_bytes(b"half a file")
    again = TextureShelf(tmp_path, 64).texture(MaterialName.STONE, 0)
    np.testing.assert_array_equal(again.albedo[0], build_texture(MaterialName.STONE, 0, 64).albedo[0])
    assert (place / "albedo-0.npy").stat().st_size > 64 * 64 * 6


def test_a_shelf_that_can_not_be_written_gives_what_was_made(tmp_path: Path) -> None:
    texture = TextureShelf(tmp_path / "missing", 64).texture(MaterialName.STONE, 0)
    assert texture.albedo[0].shape == (64, 64, 3)


def test_another_edition_of_a_texture_goes(tmp_path: Path) -> None:
    old, other = tmp_path / "stone-0-64-old", tmp_path / "oak-0-64-old"
    old.mkdir()
    other.mkdir()
    TextureShelf(tmp_path, 64).texture(MaterialName.STONE, 0)
    assert not old.exists()
    assert other.exists()
