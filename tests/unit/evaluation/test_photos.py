"""Real photos through the workflow, with stages that answer at once."""

import numpy as np
import pytest

from services.codecs.encode import encode_image
from services.common.errors import InvalidInput
from services.common.image import ImageFormat
from services.common.place import Place
from services.common.settings import Settings
from services.evaluation.photos import Photographer, look_at_photos
from services.generate.scene import SceneCatalog
from tests.support.fake_stages import FakeStages
from tests.support.memory_blobs import MemoryBlobs


class Stages(FakeStages):
    """Their layers are pictures."""

    def _put_layer(self, name, key):
        layer = encode_image(np.zeros((64, 64, 3), np.uint8), ImageFormat.PNG, 90)
        return self.store.put(f"{key}-{name.lower()}.png", layer, "image/png")


@pytest.fixture
def photographer(tmp_path):
    def opened(**options):
        store = MemoryBlobs()
        settings = Settings(data_dir=tmp_path)
        return Photographer(Stages(store, **options).stages, SceneCatalog.shipped(), store, settings)

    return opened


@pytest.fixture
def path(photo, tmp_path):
    file = tmp_path / "shoe.png"
    file.write_bytes(photo)
    return file


async def test_photo_is_taken_in_one_scene_of_each_place(photographer, path) -> None:
    takes = await photographer().takes(path)
    assert len(takes) == len(Place)
    taken = next(take for take in takes if not take.unfit)
    assert (taken.refusal, taken.agreement) == ("", 1.0)
    assert {each.name for each in taken.measures} == {"structure", "confidence", "boundary_iou"}
    assert [each.caption for each in taken.pictures][::2] == ["photo", "where it changed"]


async def test_refused_picture_keeps_the_measures_it_was_refused_for(photographer, path) -> None:
    takes = await photographer(failing={"boundary_iou": 1000}).takes(path)
    refused = next(take for take in takes if take.refusal and not take.unfit)
    assert [each.name for each in refused.measures if not each.passed] == ["boundary_iou"]


async def test_file_that_is_no_photo_is_told(photographer, tmp_path) -> None:
    (tmp_path / "notes.jpg").write_text("no photo", "utf-8")
    [take] = await photographer().takes(tmp_path / "notes.jpg")
    assert take.refusal
    assert not take.unfit


def test_folder_without_photos_is_refused(tmp_path) -> None:
    with pytest.raises(InvalidInput, match="no photo in"):
        look_at_photos(Settings(data_dir=tmp_path), tmp_path, print)
