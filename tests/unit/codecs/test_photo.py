import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms

from services.codecs.encode import encode_image
from services.codecs.photo import decode_image, shown_size_hw
from services.common.errors import UnsupportedMedia, VitrineError
from services.common.image import ImageFormat, ImageLimits
from tests.unit.codecs.conftest import write

LIMITS = ImageLimits(max_bytes=1 << 20, max_pixels=1_000_000)
READ = ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF"]
LOSSLESS = {"PNG": {}, "WEBP": {"lossless": True}, "TIFF": {}}


@pytest.fixture
def decoded(limits):
    return lambda data: decode_image(data, limits)


def smooth(height=64, width=96):
    ramp = np.linspace(30, 220, width).astype(np.uint8)
    return np.repeat(np.broadcast_to(ramp, (height, width))[..., None], 3, axis=2)


@pytest.mark.parametrize("file_format", LOSSLESS)
def test_lossless_file_gives_its_pixels(file_format, decoded, noise, written):
    photo = decoded(written(Image.fromarray(noise()), file_format, **LOSSLESS[file_format]))
    assert np.array_equal(photo.image, noise())
    assert photo.alpha is None


@pytest.mark.parametrize("file_format", READ)
def test_every_format_gives_its_picture_closely(file_format, decoded, written):
    image = decoded(written(Image.fromarray(smooth()), file_format, quality=90)).image
    assert (image.shape, image.dtype) == ((64, 96, 3), np.uint8)
    assert np.abs(image.astype(int) - smooth()).mean() < 3


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_compressed_tiff_gives_its_pixels(compression, decoded, noise, written):
    data = written(Image.fromarray(noise()), "TIFF", compression=compression)
    assert np.array_equal(decoded(data).image, noise())


@pytest.mark.parametrize("file_format", LOSSLESS)
@pytest.mark.parametrize(("orientation", "turned"), [(6, lambda a: np.rot90(a, -1)), (2, np.fliplr), (3, np.flipud)])
def test_photo_is_turned_upright(file_format, orientation, turned, decoded, noise, written):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = written(Image.fromarray(noise()), file_format, exif=exif, **LOSSLESS[file_format])
    upright = np.rot90(noise(), 2) if orientation == 3 else turned(noise())
    assert np.array_equal(decoded(data).image, upright)


@pytest.mark.parametrize("file_format", ["JPEG", "AVIF", "HEIF"])
def test_lossy_photo_is_turned_upright(file_format, decoded, written):
    exif = Image.Exif()
    exif[0x0112] = 6
    image = decoded(written(Image.fromarray(smooth()), file_format, exif=exif.tobytes(), quality=90)).image
    assert np.abs(image.astype(int) - np.rot90(smooth(), -1)).mean() < 3


def test_broken_exif_leaves_the_photo_as_it_lies(decoded, noise, written):
    data = written(Image.fromarray(noise()), "PNG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")
    assert np.array_equal(decoded(data).image, noise())


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGBA", "I;16", "PA"])
def test_photo_has_three_channels_whatever_the_mode(mode, decoded, written):
    file_format = "TIFF" if mode == "PA" else "PNG"
    image = Image.new(mode, (20, 24)) if mode != "PA" else Image.new("P", (20, 24))
    assert decoded(written(image, file_format)).image.shape == (24, 20, 3)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_to_eight(file_format, decoded, written):
    middle = Image.fromarray(np.full((20, 20), 0x8000, np.uint16))
    assert (decoded(written(middle, file_format)).image == 0x80).all()


def test_palette_gives_its_colours(decoded, written):
    image = Image.new("RGB", (20, 20), (200, 30, 90)).convert("P", palette=Image.Palette.ADAPTIVE)
    assert (decoded(written(image, "PNG")).image == (200, 30, 90)).all()


def test_floats_are_refused(decoded, written):
    with pytest.raises(UnsupportedMedia, match="8 or 16 bits"):
        decoded(written(Image.new("F", (20, 20)), "TIFF"))


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_photo_that_arrives_cut_out_keeps_its_alpha_and_colours(file_format, decoded, written):
    rgba = np.dstack([smooth(), np.zeros((64, 96), np.uint8)])
    rgba[16:48, 32:64, 3] = 255
    options = {"lossless": True, "exact": True} if file_format == "WEBP" else {"quality": 95}
    photo = decoded(written(Image.fromarray(rgba), file_format, **options))
    assert np.abs(photo.alpha.astype(int) - rgba[..., 3]).mean() < 2
    inside = photo.image[18:46, 34:62].astype(int)
    assert np.abs(inside - smooth()[18:46, 34:62]).mean() < 3


def test_alpha_turns_with_the_photo(decoded, noise, written):
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = decoded(written(Image.fromarray(noise(channels=4)), "PNG", exif=exif))
    assert np.array_equal(photo.alpha, np.rot90(noise(channels=4)[..., 3], -1))


def test_grey_and_palette_transparency_count(decoded, written):
    half = np.zeros((20, 20, 2), np.uint8)
    half[:10] = (90, 255)
    grey = decoded(written(Image.fromarray(half), "PNG"))
    assert np.array_equal(grey.alpha, half[..., 1])
    palette = Image.new("P", (20, 20), 0)
    palette.paste(1, (0, 0, 10, 10))
    assert (decoded(written(palette, "PNG", transparency=0)).alpha == 255).mean() == 0.25


def test_full_alpha_is_no_cutout(decoded, noise, written):
    opaque = np.dstack([noise(), np.full((32, 48), 255, np.uint8)])
    photo = decoded(written(Image.fromarray(opaque), "PNG"))
    assert photo.alpha is None
    assert np.array_equal(photo.image, noise())


def test_round_corners_are_no_cutout_and_become_white(decoded, written):
    rgba = np.full((64, 64, 4), 100, np.uint8)
    rgba[..., 3] = 255
    rgba[0, 0, 3] = 0
    photo = decoded(written(Image.fromarray(rgba), "PNG"))
    assert photo.alpha is None
    assert (photo.image[0, 0].tolist(), photo.image[0, 1].tolist()) == ([255] * 3, [100] * 3)


def test_cutout_is_shown_on_white(decoded, written):
    photo = decoded(written(Image.new("RGBA", (32, 32), (10, 20, 30, 0)), "PNG"))
    assert (photo.on_white() == 255).all()
    assert (photo.image == (10, 20, 30)).all()


def test_jpeg_with_a_second_picture_behind_it_is_its_first(decoded, written):
    first, second = Image.fromarray(smooth()), Image.new("RGB", (96, 64))
    data = written(first, "MPO", save_all=True, append_images=[second], quality=95)
    assert np.abs(decoded(data).image.astype(int) - smooth()).mean() < 2


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(READ), st.data())
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_mutated_file_answers_with_our_errors_only(file_format, data):
    noise = np.random.default_rng(3).integers(0, 256, (32, 48, 3), dtype=np.uint8)
    file = bytearray(write(Image.fromarray(noise), file_format))
    for _ in range(data.draw(st.integers(1, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = decode_image(bytes(file), LIMITS).image
    except VitrineError:
        return
    assert (image.ndim, image.dtype) == (3, np.uint8)


@pytest.mark.parametrize("file_format", READ)
@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_places_and_people_do_not_reach_what_is_written(file_format, image_format, decoded, written):
    exif = Image.Exif()
    exif[0x013B] = "ARTIST-NAME"
    exif.get_ifd(0x8825)[1] = "N"
    options = {} if file_format == "TIFF" else {"xmp": b"<x:xmpmeta>ARTIST-NAME</x:xmpmeta>"}
    data = written(Image.fromarray(smooth()), file_format, exif=exif.tobytes(), **options)
    assert b"ARTIST-NAME" in data
    file = encode_image(decoded(data).image, image_format, 90)
    assert b"ARTIST-NAME" not in file
    with Image.open(io.BytesIO(file)) as picture:
        assert not picture.getexif()
        assert not {"exif", "xmp", "comment"} & picture.info.keys()


def test_wide_gamut_from_its_profile_is_srgb(decoded, written):
    # Primaries swapped: what the file calls red is shown green.
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    data = written(Image.new("RGB", (20, 20), (255, 0, 0)), "PNG", icc_profile=bytes(profile))
    assert np.abs(decoded(data).image.astype(int) - (0, 255, 0)).max() <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_shown_size_is_that_of_the_decoded_photo(orientation, decoded, noise, written):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = written(Image.fromarray(noise()[:20]), "JPEG", exif=exif)
    assert shown_size_hw(data, ImageLimits(1 << 20, 1 << 20)) == decoded(data).image.shape[:2]


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP"])
def test_lens_that_the_file_tells_is_kept(file_format, decoded, noise, written):
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = 85
    assert decoded(written(Image.fromarray(noise()), file_format, exif=exif)).focal_mm == 85
    assert decoded(written(Image.fromarray(noise()), file_format)).focal_mm is None


@pytest.mark.parametrize("told", [0, 65535])
def test_lens_that_is_none_is_not_kept(told, decoded, noise, written):
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = told
    assert decoded(written(Image.fromarray(noise()), "JPEG", exif=exif)).focal_mm is None
