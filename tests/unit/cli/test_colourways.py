import hashlib
import io

import pytest
from PIL import Image


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
