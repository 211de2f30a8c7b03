import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from services.common.errors import Internal, InvalidInput, TooLarge, UnsupportedMedia, VitrineError
from services.common.image import ImageFormat, ImageLimits, decode_image, encode_image

LIMITS = ImageLimits(max_bytes=1 << 20, max_pixels=1_000_000)


def picture(height: int = 32, width: int = 48, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (height, width, channels), dtype=np.uint8)


def written(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(("file_format", "options"), [("PNG", {}), ("WEBP", {"lossless": True})])
def test_decode_lossless_file_gives_its_pixels(file_format: str, options: dict[str, bool]) -> None:
    image = picture()
    assert np.array_equal(decode_image(written(Image.fromarray(image), file_format, **options), LIMITS), image)


def test_decode_turns_the_photo_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by a quarter
    image = picture()
    data = written(Image.fromarray(image), "PNG", exif=exif)
    assert np.array_equal(decode_image(data, LIMITS), np.rot90(image, -1))


def test_decode_converts_an_embedded_profile() -> None:
    flat = Image.new("RGB", (32, 32), (120, 130, 140))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = decode_image(written(flat, "PNG", icc_profile=profile), LIMITS)
    assert np.abs(same.astype(int) - (120, 130, 140)).max() <= 1
    lab = Image.new("L", (32, 32), 120)
    gray = decode_image(written(lab, "PNG", icc_profile=b"broken"), LIMITS)
    assert np.array_equal(gray[0, 0], (120, 120, 120))


def test_decode_flattens_transparency_on_white() -> None:
    clear = Image.new("RGBA", (32, 32), (10, 20, 30, 0))
    assert (decode_image(written(clear, "PNG"), LIMITS) == 255).all()


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGBA", "I;16"])
def test_decode_gives_three_channels_whatever_the_mode(mode: str) -> None:
    assert decode_image(written(Image.new(mode, (20, 24)), "PNG"), LIMITS).shape == (24, 20, 3)


def test_decode_sixteen_bit_gray_is_scaled_to_eight() -> None:
    middle = Image.fromarray(np.full((20, 20), 0x8000, np.uint16))
    assert (decode_image(written(middle, "PNG"), LIMITS) == 0x80).all()


def test_decode_more_pixels_than_the_limit_tells_both() -> None:
    with pytest.raises(TooLarge, match="40 x 30 = 1200") as caught:
        decode_image(written(Image.new("RGB", (40, 30)), "PNG"), ImageLimits(1 << 20, 1199))
    assert (caught.value.details["got"], caught.value.details["limit"]) == (1200, 1199)


def test_decode_cmyk_photo_gives_srgb() -> None:
    white = written(Image.new("CMYK", (32, 32), (0, 0, 0, 0)), "JPEG")
    assert (decode_image(white, LIMITS) >= 250).all()


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_decode_truncated_file_is_refused(file_format: str, share: float) -> None:
    data = written(Image.fromarray(picture(64, 64)), file_format)
    with pytest.raises(UnsupportedMedia) as caught:
        decode_image(data[: int(len(data) * share)], LIMITS)
    assert caught.value.details["field"] == "image.content"


def test_decode_empty_file_is_refused() -> None:
    with pytest.raises(InvalidInput, match="empty"):
        decode_image(b"", LIMITS)


def test_decode_too_many_bytes_is_refused() -> None:
    with pytest.raises(TooLarge) as caught:
        decode_image(b"x" * 11, ImageLimits(10, 1000))
    assert caught.value.details == {"field": "image.content", "got": 11, "limit": 10}


def test_decode_bomb_is_refused_from_its_header_alone() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    with pytest.raises(TooLarge, match="pixels; at most 1000000"):
        decode_image(bomb, LIMITS)


def test_decode_image_smaller_than_sixteen_pixels_is_refused() -> None:
    with pytest.raises(InvalidInput, match="16"):
        decode_image(written(Image.new("RGB", (15, 40)), "PNG"), LIMITS)


def test_decode_animation_is_refused() -> None:
    frames = [Image.new("RGB", (32, 32), color) for color in ("red", "blue")]
    data = written(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    with pytest.raises(UnsupportedMedia, match="animated"):
        decode_image(data, LIMITS)


@pytest.mark.parametrize("file_format", ["GIF", "BMP", "TIFF"])
def test_decode_other_formats_are_refused(file_format: str) -> None:
    with pytest.raises(UnsupportedMedia, match="JPEG, PNG or WebP"):
        decode_image(written(Image.new("RGB", (32, 32)), file_format), LIMITS)


@settings(max_examples=60)
@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.data())
def test_decode_mutated_file_answers_with_our_errors_only(file_format: str, data: st.DataObject) -> None:
    file = bytearray(written(Image.fromarray(picture()), file_format))
    for _ in range(data.draw(st.integers(1, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = decode_image(bytes(file), LIMITS)
    except VitrineError:
        return
    assert image.ndim == 3
    assert image.dtype == np.uint8


@pytest.mark.parametrize(
    ("image_format", "channels"),
    [(ImageFormat.PNG, 3), (ImageFormat.PNG, 4), (ImageFormat.WEBP, 3), (ImageFormat.WEBP, 4)],
)
def test_encode_lossless_keeps_every_byte_even_under_full_transparency(
    image_format: ImageFormat, channels: int
) -> None:
    image = picture(channels=channels)
    if channels == 4:
        image[:8, :, 3] = 0
    with Image.open(io.BytesIO(encode_image(image, image_format, 100))) as file:
        assert np.array_equal(np.asarray(file), image)


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_encode_carries_an_srgb_profile_and_no_exif(image_format: ImageFormat) -> None:
    with Image.open(io.BytesIO(encode_image(picture(), image_format, 90))) as file:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(file.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(profile)
        assert not file.getexif()
        assert file.format == image_format.value


def test_encode_jpeg_with_alpha_is_refused() -> None:
    with pytest.raises(InvalidInput, match="JPEG"):
        encode_image(picture(channels=4), ImageFormat.JPEG, 90)


def test_encode_floats_are_refused() -> None:
    with pytest.raises(Internal, match="uint8"):
        encode_image(np.zeros((20, 20, 3), np.float32), ImageFormat.PNG, 90)  # type: ignore[arg-type]


def test_encode_then_decode_keeps_a_photo_close() -> None:
    smooth = np.broadcast_to(np.linspace(30, 220, 64, dtype=np.uint8)[None, :, None], (64, 64, 3))
    again = decode_image(encode_image(np.ascontiguousarray(smooth), ImageFormat.JPEG, 95), LIMITS)
    assert np.abs(again.astype(int) - smooth).max() <= 4
