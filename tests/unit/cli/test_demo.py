"""The demonstration's own work, with a canned service; that the real one takes part is `make demo`'s to show."""

import dataclasses
import hashlib
import re

import numpy as np
import pytest
from google.rpc import code_pb2
from PIL import Image
from rich.console import Console

from services.api.common import Blob, StageName, StageTiming
from services.api.studio import CreateCutoutResponse, CreateShotResponse, PreservationProof
from services.cli.demo import MAX_SHEET_BYTES, _clear, _make_all, _options, _table, _write
from services.cli.demo_drawn import STEPS, draw, environment_for, write_pairs
from services.cli.made import Made
from services.cli.sample import open_sample
from services.client import Vitrine
from services.codecs.encode import encode_image
from services.common.errors import InvalidInput, NotFound, ProductChanged
from services.common.image import ImageFormat, ImageLimits
from tests.support.canned_service import Fault, rich_status

CHANGED = Fault(rich_status("product_changed", "the product is not kept", code_pb2.FAILED_PRECONDITION))


@pytest.fixture
def sample():
    return open_sample(None, None, ImageLimits(10**7, 10**7))


@pytest.fixture
def console():
    return Console(stderr=True)


@pytest.fixture
def made(sample):
    rgba = np.dstack([sample.image, np.full(sample.image.shape[:2], 255, np.uint8)])
    cutout, shot = encode_image(rgba, ImageFormat.PNG, 90), encode_image(sample.image, ImageFormat.JPEG, 90)
    timings = [StageTiming(stage=StageName.SEGMENT, duration=0.75)]
    proof = PreservationProof(identical=True)
    shot_answer = CreateShotResponse(
        image=blob("shots/1.jpg", shot), scene_id="marble", timings=timings, preservation=proof
    )
    return [
        Made("cutout", "Cutout", CreateCutoutResponse(image=blob("cutouts/1.png", cutout), timings=timings), 1.0),
        Made("marble", "Marble top", shot_answer, 1.25),
    ]


def blob(key, content):
    return Blob(key=key, content=content, sha256=hashlib.sha256(content).hexdigest())


def test_cutout_and_every_scene_are_made_at_the_samples_pitch(service, address, sample, console):
    with Vitrine(address) as vitrine:
        made = _make_all(vitrine, sample, None, console, _options(sample))
    assert [picture.name for picture in made] == ["cutout", "marble", "window"]
    assert service.requests[-1].camera_pitch_deg == sample.pitch_deg


def test_one_scene_may_be_chosen(address, sample, console):
    with Vitrine(address) as vitrine:
        assert [picture.name for picture in _make_all(vitrine, sample, "window", console, {})] == ["cutout", "window"]


def test_scene_that_is_none_is_told_with_those_there_are(address, sample, console):
    with Vitrine(address) as vitrine, pytest.raises(NotFound, match="known are: marble, window"):
        _make_all(vitrine, sample, "moon", console, {})


def test_scene_whose_pictures_do_not_keep_the_product_is_left_out_and_told(service, address, sample, console, capsys):
    service.faults.extend([None, None, None, CHANGED])  # two pages of scenes, the cutout, the first shot
    with Vitrine(address) as vitrine:
        made = _make_all(vitrine, sample, None, console, {})
    assert [picture.name for picture in made] == ["cutout", "window"]
    assert "Marble: left out, the product is not kept" in capsys.readouterr().err


def test_one_scene_whose_pictures_do_not_keep_the_product_is_the_demonstrations_fault(
    service, address, sample, console
):
    service.faults.extend([None, None, None, CHANGED])  # two pages of scenes, the cutout, the first shot
    with Vitrine(address) as vitrine, pytest.raises(ProductChanged):
        _make_all(vitrine, sample, "marble", console, {})


def test_folder_holds_the_pictures_and_a_sheet_below_its_limit(sample, made, tmp_path):
    _write(tmp_path, sample, made)
    assert {file.name for file in tmp_path.iterdir()} == {"before.jpg", "cutout.png", "marble.jpg", "contact_sheet.jpg"}
    assert (tmp_path / "contact_sheet.jpg").stat().st_size < MAX_SHEET_BYTES
    with Image.open(tmp_path / "cutout.png") as cutout:
        assert cutout.mode == "RGBA"


def test_table_tells_each_stages_time(made, capsys):
    Console(width=200).print(_table(made))
    printed = capsys.readouterr().out
    assert re.search(r"Marble top +marble +750 ms", printed)
    assert "1.25 s" in printed
    assert "yes" in printed


def test_pictures_of_an_earlier_photo_are_removed_and_nothing_else(tmp_path):
    for name in ("marble.jpg", "cutout.png", "before.jpg", "holiday.jpg", "notes.txt"):
        (tmp_path / name).touch()
    _clear(tmp_path, ["marble"], tmp_path / "before.jpg")
    assert {file.name for file in tmp_path.iterdir()} == {"before.jpg", "holiday.jpg", "notes.txt"}


def test_plates_are_made_without_a_step_and_some_drawn_beside_them(service, address, sample, console):
    with Vitrine(address) as vitrine:
        plates = _make_all(vitrine, sample, None, console, _options(sample, plates=True))
        assert service.requests[-1].plate_strength == 1
        pairs = draw(vitrine, sample, plates, _options(sample), console)
    assert (service.requests[-1].steps, service.requests[-1].HasField("plate_strength")) == (STEPS, False)
    assert {plate.name: made.name for plate, made in pairs} == {"marble": "marble-drawn", "window": "window-drawn"}


def test_drawn_picture_that_does_not_keep_the_product_is_left_out_and_told(service, address, sample, console, capsys):
    with Vitrine(address) as vitrine:
        plates = _make_all(vitrine, sample, None, console, _options(sample, plates=True))
        service.faults.append(CHANGED)
        [(plate, _)] = draw(vitrine, sample, plates, _options(sample), console)
    assert plate.name == "window"
    assert "Marble, drawn: left out, the product is not kept" in capsys.readouterr().err


def test_drawn_pictures_are_written_with_a_sheet_of_them_below_their_plates(made, tmp_path):
    marble = made[1]
    drawn = dataclasses.replace(marble, name="marble-drawn", title="Marble top, drawn")
    assert write_pairs(tmp_path, [(marble, drawn)]) == [tmp_path / "drawn.jpg"]
    assert {file.name for file in tmp_path.iterdir()} == {"marble-drawn.jpg", "drawn.jpg"}
    with Image.open(tmp_path / "drawn.jpg") as one:
        write_pairs(tmp_path, [(marble, drawn)] * 3)
        with Image.open(tmp_path / "drawn.jpg") as three:
            assert three.height <= one.height, "pairs stand beside each other"


def test_nothing_is_written_where_nothing_is_drawn(tmp_path):
    assert write_pairs(tmp_path, []) == []
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["models: []", "nothing", ""], ids=["no checkpoint", "no list", "no file"])
def test_catalogue_that_nothing_can_be_drawn_with_is_refused(tmp_path, text):
    if text:
        (tmp_path / "catalog.yaml").write_text(text)
    with pytest.raises(InvalidInput, match="model catalogue"):
        environment_for(tmp_path / "catalog.yaml")
