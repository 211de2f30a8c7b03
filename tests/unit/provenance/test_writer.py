"""Files that say where they come from, as the settings want it."""

import io
import time

import pytest
import structlog
from c2pa import C2paError
from PIL import Image

from services.codecs.encode import encode_image
from services.common.image import ImageFormat
from services.common.provenance_settings import ProvenanceSettings
from services.provenance.credentials import Credentials
from services.provenance.origin import Part, cutout_origin
from services.provenance.signer import ManifestSigner
from services.provenance.throwaway import make_credentials
from services.provenance.writer import PictureWriter
from tests.support.signing import Authority, new_key, pem, read_manifest

ORIGIN = cutout_origin(Part.sent("The photo", b"of a cup"))


def opened(**settings):
    return PictureWriter.open(ProvenanceSettings(**settings))


def test_signed_pictures_have_both_marks(noise):
    file = opened().write(noise(), ImageFormat.JPEG, 90, ORIGIN)
    assert read_manifest(file, "image/jpeg")["claim_generator_info"]
    assert ORIGIN.source.uri.encode() in Image.open(io.BytesIO(file)).info["xmp"]


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_xmp_alone_keeps_the_same_picture_the_same_file(noise, image_format):
    writer = opened(marks="xmp")
    file = writer.write(noise(), image_format, 90, ORIGIN)
    assert ORIGIN.source.uri.encode() in Image.open(io.BytesIO(file)).info["xmp"]
    with pytest.raises(C2paError.ManifestNotFound):
        read_manifest(file, image_format.media_type)
    assert writer.write(noise(), image_format, 90, ORIGIN) == file


@pytest.mark.parametrize(
    ("marks", "origin"), [("none", ORIGIN), ("xmp", None), ("signed", None)], ids=["off", "xmp", "signed"]
)
def test_nothing_is_said_where_nothing_is_to_be(noise, marks, origin):
    file = opened(marks=marks).write(noise(), ImageFormat.PNG, 90, origin)
    assert file == encode_image(noise(), ImageFormat.PNG, 90)


def test_throwaway_key_is_told_once_and_by_name():
    with structlog.testing.capture_logs() as lines:
        opened()
    [line] = lines
    assert line["log_level"] == "warning"
    assert "throw-away key" in line["event"]


def test_operators_key_is_told_of_by_no_line(tmp_path):
    key = new_key()
    (tmp_path / "chain.pem").write_bytes(Authority().chain(key))
    (tmp_path / "key.pem").write_bytes(pem(key))
    with structlog.testing.capture_logs() as lines:
        opened(certificates=tmp_path / "chain.pem", private_key=tmp_path / "key.pem")
    assert lines == []


def test_only_the_operators_certificate_has_an_end_to_tell_of():
    throwaway = ManifestSigner(make_credentials())
    key = new_key()
    operators = ManifestSigner(Credentials(Authority().chain(key), pem(key), "es256"))
    ends = [PictureWriter(signer=signer).end_s for signer in (None, throwaway, operators)]
    assert ends == [None, None, pytest.approx(time.time() + 3600, abs=60)]
