import cv2
import numpy as np
import pytest

from services.segment.materials import Materials
from tests.support.worn import CLOTH, LEG, NECK, worn_top


@pytest.fixture(scope="module")
def materials():
    image, region, _ = worn_top()
    return Materials.of(image, region), region


def test_material_reaches_as_far_as_its_colour(materials):
    found, region = materials
    neck = found.grown(NECK, region)
    assert neck[26, 96]
    assert not neck[CLOTH]
    assert not neck[LEG]


def test_plastic_that_sticks_out_is_plausible_and_cloth_is_not(materials):
    found, region = materials
    assert found.plausible(found.grown(NECK, region), region, found.core(region)) > 0.5
    assert found.plausible(found.grown(CLOTH, region), region, found.core(region)) < 0.1


def test_core_is_the_cloth(materials):
    found, region = materials
    core = found.core(region)
    assert core[CLOTH]
    assert not core[NECK]


def test_colour_of_no_plastic_and_no_skin_is_not_plausible():
    image, region, _ = worn_top(plastic=(60, 160, 70))
    found = Materials.of(image, region)
    assert found.plausible(found.grown(NECK, region), region, found.core(region)) == 0


def test_trim_along_a_hem_is_not_plausible():
    image, _, cloth = worn_top()
    trim = cloth & (np.arange(256)[:, None] > 172)
    image[trim] = (226, 226, 222)
    found = Materials.of(image, cloth)
    assert found.plausible(trim, cloth, found.core(cloth)) < 0.3


def test_shaded_plastic_is_one_material():
    image, region, _ = worn_top()
    shade = cv2.GaussianBlur(np.linspace(0.75, 1, 192)[None].repeat(256, 0), (0, 0), 3)[..., None]
    found = Materials.of((image * shade).astype(np.uint8), region)
    neck = found.grown(NECK, region)
    assert neck[26, 84]
    assert neck[26, 108]
