import numpy as np
import pytest
from PIL import Image

from services.common.errors import InvalidInput
from services.common.image import ImageLimits
from services.factory.pictures import read_pictures
from services.generate.diffusion.sizes import Buckets
from tests.support.diffusion import soft_picture

BUCKETS = Buckets(64, 8)
LIMITS = ImageLimits(1 << 20, 1_000_000)


@pytest.fixture
def folder(tmp_path):
    for name, size_hw in (("b.png", (100, 100)), ("a.jpg", (60, 160))):
        Image.fromarray(soft_picture(size_hw=size_hw)).save(tmp_path / name)
    (tmp_path / "notes.md").write_text("no picture")
    return tmp_path


def read(folder, caption="a cup"):
    return read_pictures(folder, BUCKETS, caption, LIMITS)


def test_pictures_come_by_name_in_sizes_of_the_checkpoint(folder):
    wide, square = read(folder)
    assert wide.image.shape[:2] in BUCKETS.sizes
    assert wide.image.shape[1] > wide.image.shape[0]
    assert square.image.shape == (64, 64, 3)


def test_picture_is_cut_from_its_middle_and_not_bent(tmp_path):
    image = np.zeros((64, 192, 3), np.uint8)
    image[:, 64:128] = 255
    Image.fromarray(image).save(tmp_path / "a.png")
    [picture] = read_pictures(tmp_path, Buckets(64, 64), "a cup", LIMITS)
    assert picture.image.min() == 255


def test_text_beside_a_picture_is_its_caption(folder):
    (folder / "a.txt").write_text("a red cup\non marble\n")
    assert [picture.caption for picture in read(folder)] == ["a red cup on marble", "a cup"]


def test_picture_without_a_caption_is_named(folder):
    with pytest.raises(InvalidInput, match=r"'a\.jpg' has no caption"):
        read(folder, "")


def test_file_that_is_no_picture_is_named(folder):
    (folder / "c.png").write_bytes(b"none")
    with pytest.raises(InvalidInput, match=r"'c\.png' can't be read"):
        read(folder)


def test_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="holds no pictures"):
        read(tmp_path)
