import hashlib
import io
import os
import signal
import subprocess
import sys
import time

import pytest
from google.rpc import code_pb2
from PIL import Image

from tests.support.canned_service import Fault, rich_status

BAD = Fault(rich_status("INVALID_INPUT", "no such colour here", code_pb2.INVALID_ARGUMENT))


def picture(color, kind):
    buffer = io.BytesIO()
    Image.new("RGB", (60, 80), color).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def real_pictures(service, photos):
    service.picture = picture("teal", "PNG")
    service.sha256 = hashlib.sha256(service.picture).hexdigest()
    for photo in photos.iterdir():
        photo.write_bytes(picture("maroon", "JPEG"))


def colourways(vitrine, address, photos, *options):
    colours = ("--recolour", "SeaGreen", "--recolour", "#1F3A5F")
    return vitrine("colourways", f"{photos}/*.jpg", *colours, "-j", 1, "--address", address, *options)


def test_each_photo_is_asked_for_in_each_colour(vitrine, address, photos, service):
    ran = colourways(vitrine, address, photos, "--json")
    assert [asked.recolour.to for asked in service.requests] == ["SeaGreen", "#1F3A5F"] * 2
    names = ["cup-seagreen", "cup-1f3a5f", "shoe-seagreen", "shoe-1f3a5f"]
    assert [made["file"] for made in ran.json] == [f"out/colourways/{name}.png" for name in names]


def test_contact_sheet_shows_photos_beside_their_colours(vitrine, address, photos, tmp_path):
    colourways(vitrine, address, photos)
    with Image.open(tmp_path / "out" / "colourways" / "contact_sheet_1.jpg") as sheet:
        colors = {color for _, color in sheet.convert("P", palette=Image.Palette.ADAPTIVE).convert("RGB").getcolors()}
    assert any(red > 90 > green for red, green, _ in colors)
    assert any(green > 90 > red for red, green, _ in colors)


def test_colour_that_is_none_is_wrong_usage_before_anything_is_sent(vitrine, address, photos, service):
    assert vitrine("colourways", photos / "cup.jpg", "--recolour", "seagren", "--address", address).exit_code == 2
    assert not service.requests


def test_picture_that_fails_is_named_and_the_others_are_on_the_sheet(vitrine, address, photos, service, tmp_path):
    service.faults.extend([None, BAD])
    ran = colourways(vitrine, address, photos, "--json")
    assert ran.exit_code == 1
    assert [made.get("error", {}).get("message") for made in ran.json] == [None, "no such colour here", None, None]
    assert (tmp_path / "out" / "colourways" / "contact_sheet_1.jpg").is_file()


def test_picture_that_fails_keeps_its_place_on_the_sheet(vitrine, address, photos, service, tmp_path):
    sheet = tmp_path / "out" / "colourways" / "contact_sheet_1.jpg"
    colourways(vitrine, address, photos)
    with Image.open(sheet) as whole:
        size = whole.size
    service.faults.append(BAD)
    colourways(vitrine, address, photos)
    with Image.open(sheet) as lacking:
        assert lacking.size == size


def test_photo_that_is_gone_meanwhile_fails_and_spares_the_others(vitrine, address, photos, service, tmp_path):
    service.upon_request = lambda: (photos / "shoe.jpg").unlink(missing_ok=True)
    ran = colourways(vitrine, address, photos, "--json")
    assert ran.exit_code == 1
    assert ["error" in made for made in ran.json] == [False, False, True, True]
    assert (tmp_path / "out" / "colourways" / "contact_sheet_1.jpg").is_file()


def test_sheet_is_there_as_soon_as_its_photos_are_done(vitrine, address, photos, service, tmp_path):
    for number in range(6):
        (photos / f"cup-{number}.jpg").write_bytes((photos / "cup.jpg").read_bytes())
    seen = []
    out = tmp_path / "out" / "colourways"
    service.upon_request = lambda: seen.append(len(list(out.glob("contact_sheet_*.jpg"))))
    colourways(vitrine, address, photos)
    # Five photos in two colours fill the first sheet, and the next request finds it there.
    assert seen == [0] * 10 + [1] * 6


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_command_that_is_stopped_tells_and_shows_what_there_is(address, photos, service, tmp_path, number):
    def slow_down():
        service.delay_s = 5.0 if service.requests else 0.0

    service.upon_request = slow_down
    command = (sys.executable, "-m", "services.cli", "colourways", "photos/cup.jpg", "photos/shoe.jpg", "-j", "1",
               "--recolour", "navy", "--address", address)  # fmt: skip
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as ran:
        while len(service.requests) < 2:
            assert ran.poll() is None
            time.sleep(0.02)
        ran.send_signal(number)
        told, _ = ran.communicate(timeout=60)
    assert ran.returncode == 1
    assert "stopped before it was made" in told
    out = tmp_path / "out" / "colourways"
    assert sorted(each.name for each in out.iterdir()) == ["contact_sheet_1.jpg", "cup-navy.png"]
