"""`vitrine eval --photos`: the whole workflow about a real photo."""

import pytest

from services.common.errors import InvalidInput
from services.evaluation.photos import look_at_photos
from tests.support.running_service import small_service_settings


def test_photo_is_shot_in_a_studio_indoors_and_outdoors(photo, tmp_path):
    (tmp_path / "coffee.jpg").write_bytes(photo)
    (tmp_path / "LICENSE").write_text("not a photo", "utf-8")
    told = []
    takes = look_at_photos(small_service_settings(tmp_path / "service"), tmp_path, told.append)
    assert [take.name.split(",")[0] for take in takes] == ["coffee.jpg"] * 3
    assert not any(take.refusal for take in takes)
    assert all(take.agreement > 0.9 and take.measures and len(take.pictures) >= 3 for take in takes)
    assert told == ["photo 1 of 1: coffee.jpg"]


def test_folder_without_photos_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="no photo"):
        look_at_photos(small_service_settings(tmp_path / "service"), tmp_path, print)
