import numpy as np
import pytest
from PIL import Image, ImageCms

from services.codecs.profile import srgb_profile, to_srgb


def grey_profile(gamma):
    """A grey ICC profile (ICC.1:2022, 8.3.4) of one gamma: header, white point and curve."""
    curve = b"curv" + bytes(4) + (1).to_bytes(4, "big") + int(gamma * 256).to_bytes(2, "big") + bytes(2)
    white = b"XYZ " + bytes(4) + b"".join(round(v * 65536).to_bytes(4, "big") for v in (0.9642, 1.0, 0.8249))
    text = b"mluc" + bytes(4) + (0).to_bytes(4, "big") + (12).to_bytes(4, "big")
    blocks = {b"wtpt": white, b"kTRC": curve, b"desc": text, b"cprt": text}
    table, body, at = b"", b"", 132 + 12 * len(blocks)
    for name, block in blocks.items():
        table += name + (at + len(body)).to_bytes(4, "big") + len(block).to_bytes(4, "big")
        body += block
    size = at + len(body)
    head = size.to_bytes(4, "big") + bytes(4) + b"\x04\x30\0\0" + b"mntr" + b"GRAY" + b"XYZ " + bytes(12) + b"acsp"
    head = head.ljust(68, b"\0") + white[8:20]
    return head.ljust(128, b"\0") + len(blocks).to_bytes(4, "big") + table + body


def pixel(picture):
    return np.asarray(picture)[0, 0].astype(int)


def test_srgb_stays_as_it_is():
    flat = Image.new("RGB", (4, 4), (120, 130, 140))
    assert np.abs(pixel(to_srgb(flat, srgb_profile())) - (120, 130, 140)).max() <= 1


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("profile", [None, b"", b"broken"])
def test_without_a_usable_profile_numbers_are_srgb(mode, profile):
    picture = to_srgb(Image.new("RGB", (4, 4), (90, 90, 90)).convert(mode), profile)
    assert picture.mode == "RGB"
    assert np.abs(pixel(picture) - 90).max() <= 2


def test_grey_profile_lightens_what_it_says():
    linear = to_srgb(Image.new("L", (4, 4), 55), grey_profile(1.0))
    # 55 / 255 of the light is 0.2157, which sRGB writes as 0.502.
    assert np.abs(pixel(linear) - 128).max() <= 2


def test_grey_photo_with_a_colour_profile_is_converted():
    assert np.abs(pixel(to_srgb(Image.new("L", (4, 4), 77), srgb_profile())) - 77).max() <= 1


def test_profile_for_other_colours_is_left_out():
    assert np.array_equal(pixel(to_srgb(Image.new("RGB", (4, 4), (9, 99, 199)), grey_profile(1.0))), (9, 99, 199))
    inks = Image.new("CMYK", (4, 4), (0, 0, 0, 0))
    assert (pixel(to_srgb(inks, srgb_profile())) == 255).all()


def test_ink_without_a_profile_is_inverted():
    assert np.abs(pixel(to_srgb(Image.new("CMYK", (4, 4), (0, 255, 255, 0)), None)) - (255, 0, 0)).max() <= 2


def test_lab_is_read():
    lab = ImageCms.profileToProfile(
        Image.new("RGB", (4, 4), (180, 60, 40)), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"),
        outputMode="LAB",
    )  # fmt: skip
    assert np.abs(pixel(to_srgb(lab, None)) - (180, 60, 40)).max() <= 4


def test_our_profile_has_no_clock():
    assert srgb_profile()[24:26] == (2000).to_bytes(2, "big")
