import numpy as np
import pytest

from services.generate.plates.materials.catalog import RECIPES, MaterialName, build_texture
from services.generate.plates.texture import Footprints, MaterialMaps, Texture


def checkerboard(size: int = 128) -> Texture:
    odd = np.indices((size, size)).sum(0) % 2
    albedo = np.repeat(odd[..., None], 3, -1).astype(np.float32)
    flat = np.zeros((size, size), np.float32)
    return Texture.of(MaterialMaps(albedo, flat, flat, np.zeros((64, 64), np.float32), tile_m=1.0, fine_tile_m=0.2))


def patch(size_m: float, origin_m: float = 0.0) -> Footprints:
    line = (origin_m + (np.arange(48) + 0.5) * size_m).astype(np.float32)
    u, v = np.meshgrid(line, line)
    return Footprints(u, v, np.full(48, size_m, np.float32))


@pytest.mark.parametrize("size_m", [1 / 64, 1 / 20, 0.3])
def test_far_away_details_average_out_instead_of_aliasing(size_m: float) -> None:
    albedo, _ = checkerboard().sample(patch(size_m))
    np.testing.assert_allclose(albedo, 0.5, atol=0.02)


def test_near_details_stay() -> None:
    albedo, _ = checkerboard().sample(patch(1 / 512))
    assert albedo.std() > 0.12


def test_a_texture_repeats_after_its_tile() -> None:
    texture = build_texture(MaterialName.STONE, 0, 64)
    here, there = texture.sample(patch(1 / 90)), texture.sample(patch(1 / 90, origin_m=texture.tile_m * 3))
    np.testing.assert_allclose(here[0], there[0], atol=2e-3)


def test_fine_detail_shows_near_and_vanishes_far_away() -> None:
    fine = np.where(np.indices((64, 64)).sum(0) % 2, 0.3, -0.3).astype(np.float32)
    flat = np.zeros((64, 64), np.float32)
    texture = Texture.of(MaterialMaps(np.full((64, 64, 3), 0.4, np.float32), flat, flat, fine, 1.0, 0.1))
    assert texture.sample(patch(0.1 / 256))[0].std() > 0.03
    assert texture.sample(patch(0.05))[0].std() < 0.005


def test_slopes_are_those_of_the_relief() -> None:
    wave = 0.002 * np.sin(np.arange(256) / 256 * 2 * np.pi)
    height = np.broadcast_to(wave, (256, 256)).astype(np.float32)
    texture = Texture.of(
        MaterialMaps(np.ones((256, 256, 3), np.float32), height, height * 0, height * 0, tile_m=0.1, fine_tile_m=0.1)
    )
    _, detail = texture.sample(patch(0.1 / 400))
    assert detail[..., 0].max() == pytest.approx(0.002 * 2 * np.pi / 0.1, rel=0.02)
    assert np.abs(detail[..., 1]).max() < 1e-3


def test_maps_that_do_not_fit_each_other_are_refused() -> None:
    large, small = np.ones((64, 64), np.float32), np.ones((32, 32), np.float32)
    maps = MaterialMaps(np.ones((64, 64, 3), np.float32), small, large, large, 1.0, 0.2)
    with pytest.raises(ValueError, match="one size"):
        Texture.of(maps)


@pytest.mark.parametrize("name", list(MaterialName))
def test_every_material_tiles_seamlessly(name: MaterialName) -> None:
    albedo = RECIPES[name](np.random.default_rng(5), 256).albedo
    for axis in (0, 1):
        seam = np.abs(np.take(albedo, 0, axis) - np.take(albedo, -1, axis)).mean()
        inside = np.abs(np.diff(albedo, axis=axis)).mean((1 - axis, 2)).max()
        assert seam <= 1.5 * inside


@pytest.mark.parametrize("name", list(MaterialName))
def test_every_material_has_plausible_albedo(name: MaterialName) -> None:
    maps = RECIPES[name](np.random.default_rng(5), 128)
    assert 0.02 < maps.albedo.mean() < 0.9
    assert maps.albedo.max() < 1


def test_another_variant_is_another_piece() -> None:
    first, second = (build_texture(MaterialName.MARBLE, variant, 64).sample(patch(1 / 50))[0] for variant in (0, 1))
    assert np.abs(first - second).mean() > 1e-3
