import numpy as np
import pytest

from services.segment.mannequin import undress
from tests.support.worn import CLOTH, LEG, NECK, worn_top


def overlap(found, wanted):
    return (found & wanted).sum() / (found | wanted).sum()


@pytest.mark.parametrize(
    "plastic", [(226, 226, 222), (120, 121, 120), (24, 24, 26), (214, 170, 146)], ids=["white", "grey", "black", "skin"]
)
def test_cloth_is_left_of_a_mannequin(plastic):
    image, region, cloth = worn_top(plastic=plastic)
    undressed = undress(image, region)
    assert overlap(undressed.garment, cloth) > 0.97
    assert undressed.confidence > 0.35


def test_stand_that_hung_on_the_mannequin_goes_too():
    image, region, _ = worn_top(stand=True)
    assert not undress(image, region).garment[200:].any()


def test_garment_without_a_mannequin_stays_whole_and_the_answer_says_so():
    image, _, cloth = worn_top()
    undressed = undress(image, cloth)
    assert np.array_equal(undressed.garment, cloth)
    assert undressed.confidence == 0


def test_print_of_the_mannequins_colour_stays():
    image, region, cloth = worn_top()
    image[120:150, 80:112] = image[NECK]
    assert overlap(undress(image, region).garment, cloth) > 0.97


def test_mannequin_of_the_cloths_colour_is_not_guessed():
    image, region, _ = worn_top(cloth=(226, 226, 222))
    undressed = undress(image, region)
    assert (undressed.garment.sum(), undressed.confidence) == (region.sum(), 0)


def test_cloth_that_somebody_pointed_at_stays():
    image, region, _ = worn_top()
    left = undress(image, region, cloth=[CLOTH, NECK]).garment
    assert left[NECK]
    assert not left[LEG]


def test_part_of_no_plastic_that_somebody_pointed_at_goes():
    image, region, cloth = worn_top(plastic=(60, 160, 70))
    assert undress(image, region).confidence == 0
    pointed = undress(image, region, [CLOTH], [NECK, LEG, (220, 112)])
    assert overlap(pointed.garment, cloth) > 0.97
    assert pointed.confidence == 1


def test_nothing_is_left_of_nothing():
    image, region, _ = worn_top()
    undressed = undress(image, np.zeros_like(region))
    assert not undressed.garment.any()
