import hashlib
import io
import json

import pytest
from google.rpc import code_pb2
from PIL import Image

from services.api.catalog import Scene
from services.cli.lookbook import in_turn
from services.common.place import Place
from tests.support.canned_service import Fault, rich_status


def jpeg(color, size=(60, 80)):
    buffer = io.BytesIO()
    Image.new("RGB", size, color).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def real_pictures(service, photos):
    service.picture = jpeg("teal")
    service.sha256 = hashlib.sha256(service.picture).hexdigest()
    for photo in photos.iterdir():
        photo.write_bytes(jpeg("maroon"))


def refuse_first_shot(service, *known):
    """The service's first shot does not fit, and these scenes do; before it, two pages of scenes are read."""
    metadata = {"field": "scene_id", "known": json.dumps(known)}
    status = rich_status("INVALID_INPUT", "does not fit", code_pb2.INVALID_ARGUMENT, **metadata)
    service.faults.extend([None, None, Fault(status)])


def scene(scene_id, place):
    return Scene(scene_id=scene_id, place=place)


def test_each_photo_gets_a_scene_of_the_place_and_neighbours_another_one(vitrine, address, photos):
    ran = vitrine("lookbook", f"{photos}/*.jpg", "--place", "indoor", "-j", 1, "--address", address, "--json")
    assert [made["answer"]["scene_id"] for made in ran.json] == ["marble", "window"]
    assert [made["file"] for made in ran.json] == ["out/lookbook/cup-indoor.jpg", "out/lookbook/shoe-indoor.jpg"]


def test_table_tells_the_scene_beside_the_place(vitrine, address, photos):
    assert "indoor: marble" in vitrine("lookbook", photos / "cup.jpg", "--place", "indoor", "--address", address).stdout


def test_contact_sheet_shows_photos_beside_their_pictures(vitrine, address, photos, tmp_path):
    vitrine("lookbook", f"{photos}/*.jpg", "--place", "indoor", "--address", address)
    with Image.open(tmp_path / "out" / "lookbook" / "contact_sheet_1.jpg") as sheet:
        colors = {color for _, color in sheet.convert("P", palette=Image.Palette.ADAPTIVE).convert("RGB").getcolors()}
    assert any(red > 90 > green for red, green, _ in colors)
    assert any(green > 90 > red for red, green, _ in colors)


def test_refused_scene_is_followed_by_one_that_the_refusal_names(vitrine, address, photos, service):
    refuse_first_shot(service, "sweep", "window")
    ran = vitrine("lookbook", photos / "cup.jpg", "--place", "indoor", "--address", address, "--json")
    assert ran.json[0]["answer"]["scene_id"] == "window"


def test_photo_that_fits_no_scene_of_a_place_says_so_and_fails(vitrine, address, photos, service):
    refuse_first_shot(service, "sweep")
    ran = vitrine("lookbook", photos / "cup.jpg", "--place", "indoor", "--address", address, "--json")
    assert ran.exit_code == 1
    assert "no scene of the kind indoor fits" in ran.json[0]["error"]["message"]


def test_turns_go_round_the_scenes_of_one_place():
    scenes = [scene("a", Place.STUDIO), scene("b", Place.OUTDOOR), scene("c", Place.STUDIO)]
    assert [in_turn(scenes, Place.STUDIO, turn) for turn in range(3)] == [["a", "c"], ["c", "a"], ["a", "c"]]
    assert in_turn(scenes, Place.INDOOR, 0) == []
