"""Signed files, read by the C2PA library's own reader."""

import datetime
import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from PIL import Image

from services.codecs.encode import encode_image
from services.common.errors import Internal, InvalidInput
from services.common.image import ImageFormat
from services.provenance.credentials import Credentials
from services.provenance.manifest import FILE_DIGEST
from services.provenance.origin import Part, arranged_origin, cutout_origin, shot_origin
from services.provenance.signer import THROWAWAY_GENERATOR, ManifestSigner
from services.provenance.source import DigitalSource
from services.provenance.throwaway import make_credentials
from services.provenance.xmp import xmp_packet
from tests.support.signing import SHOP, Authority, RefusingServer, new_key, pem, read_manifest, read_store

AUTHORITY = Authority()
PHOTO = Part.sent("The photo", b"of a cup")
ORIGIN = cutout_origin(PHOTO)
THROWAWAY = ManifestSigner(make_credentials())


def operators(algorithm="es256", **certificate):
    key = new_key(algorithm)
    return Credentials(AUTHORITY.chain(key, **certificate), pem(key), algorithm)


@pytest.fixture
def written(noise):
    def file(image_format, quality=90):
        return encode_image(noise(96, 128), image_format, quality, xmp_packet(ORIGIN.source, "Vitrine"))

    return file


def pixels(file):
    with Image.open(io.BytesIO(file)) as picture:
        return np.asarray(picture.convert("RGBA"))


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_signed_file_is_valid_and_keeps_every_pixel_and_its_other_marks(written, image_format):
    plain = written(image_format)
    signed = THROWAWAY.sign(plain, image_format, ORIGIN)
    assert read_store(signed, image_format.media_type)["validation_state"] == "Valid"
    assert np.array_equal(pixels(signed), pixels(plain))
    with Image.open(io.BytesIO(signed)) as file:
        assert ORIGIN.source.uri.encode() in file.info["xmp"]
        assert file.info["icc_profile"]


@pytest.mark.parametrize("algorithm", ["es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519"])
def test_operators_signature_is_trusted_by_whoever_trusts_the_authority(written, algorithm):
    signer = ManifestSigner(operators(algorithm))
    signer.prove()
    signed = signer.sign(written(ImageFormat.PNG), ImageFormat.PNG, ORIGIN)
    store = read_store(signed, "image/png", trusted=AUTHORITY.pem)
    assert store["validation_state"] == "Trusted"
    manifest = store["manifests"][store["active_manifest"]]
    assert manifest["signature_info"]["issuer"] == SHOP
    assert manifest["claim_generator_info"][0]["name"] == "Vitrine"


def test_throwaway_key_is_told_by_the_claim_and_trusted_by_nobody(written):
    signed = THROWAWAY.sign(written(ImageFormat.JPEG), ImageFormat.JPEG, ORIGIN)
    store = read_store(signed, "image/jpeg", trusted=AUTHORITY.pem)
    assert store["validation_state"] == "Valid"
    manifest = store["manifests"][store["active_manifest"]]
    assert manifest["claim_generator_info"][0]["name"] == THROWAWAY_GENERATOR
    assert manifest["signature_info"]["issuer"].startswith("Nobody")


def test_claim_tells_what_was_done_and_the_photos_digest(written):
    signed = THROWAWAY.sign(written(ImageFormat.WEBP), ImageFormat.WEBP, ORIGIN)
    manifest = read_manifest(signed, "image/webp")
    [actions] = [each for each in manifest["assertions"] if each["label"] == "c2pa.actions.v2"]
    assert [each["action"] for each in actions["data"]["actions"]] == ["c2pa.opened", "c2pa.edited"]
    assert actions["data"]["actions"][1]["digitalSourceType"] == ORIGIN.source.uri
    assert actions["created"]
    [photo] = manifest["ingredients"]
    assert (photo["relationship"], photo["metadata"][FILE_DIGEST]) == ("parentOf", PHOTO.sha256)


def test_background_of_the_callers_is_a_component(written):
    origin = shot_origin(PHOTO, Part.sent("The background", b"a beach"), drawn=False)
    signed = THROWAWAY.sign(written(ImageFormat.JPEG), ImageFormat.JPEG, origin)
    assert read_store(signed, "image/jpeg")["validation_state"] == "Valid"
    manifest = read_manifest(signed, "image/jpeg")
    assert [each["relationship"] for each in manifest["ingredients"]] == ["parentOf", "componentOf"]


def test_file_of_our_own_takes_its_claims_along(written):
    cutout = THROWAWAY.sign(written(ImageFormat.PNG), ImageFormat.PNG, ORIGIN)
    origin = arranged_origin(Part.own("The cutout", cutout), None, filled=True)
    signed = THROWAWAY.sign(written(ImageFormat.JPEG), ImageFormat.JPEG, origin)
    store = read_store(signed, "image/jpeg")
    assert store["validation_state"] == "Valid"
    [parent] = store["manifests"][store["active_manifest"]]["ingredients"]
    [photo] = store["manifests"][parent["active_manifest"]]["ingredients"]
    assert photo["metadata"][FILE_DIGEST] == PHOTO.sha256


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_changed_picture_is_found_out(written, image_format):
    signed = bytearray(THROWAWAY.sign(written(image_format), image_format, ORIGIN))
    signed[-40] ^= 1
    assert read_store(bytes(signed), image_format.media_type)["validation_state"] == "Invalid"


def test_threads_share_a_signer(written):
    plain = written(ImageFormat.JPEG)
    with ThreadPoolExecutor(4) as threads:
        files = list(threads.map(lambda _: THROWAWAY.sign(plain, ImageFormat.JPEG, ORIGIN), range(12)))
    assert {read_store(file, "image/jpeg")["validation_state"] for file in files} == {"Valid"}


def test_certificate_for_another_purpose_stops_the_start():
    with pytest.raises(InvalidInput, match="no valid manifest comes of these"):
        ManifestSigner(operators(purpose=ExtendedKeyUsageOID.SERVER_AUTH)).prove()


def test_certificate_that_ends_while_pictures_are_made_ends_them(written):
    ended = ManifestSigner(operators(ends=-datetime.timedelta(minutes=1)))
    with pytest.raises(Internal, match="could not be signed"):
        ended.sign(written(ImageFormat.JPEG), ImageFormat.JPEG, ORIGIN)


def test_time_stamping_authority_that_refuses_stops_the_start():
    with RefusingServer() as server, pytest.raises(InvalidInput, match="time_stamps"):
        ManifestSigner(operators(), server.url).prove()


def test_time_stamping_authority_that_refuses_is_no_picture_and_tells_nothing(written):
    with RefusingServer() as server:
        signer = ManifestSigner(operators(), f"{server.url}/stamps")
        with pytest.raises(Internal) as caught:
            signer.sign(written(ImageFormat.PNG), ImageFormat.PNG, ORIGIN)
    assert server.asked == [("/stamps", "application/timestamp-query")]
    assert caught.value.message == "the picture could not be signed"


def test_signed_picture_declares_its_source_to_whoever_gets_it_next(written):
    drawn = shot_origin(PHOTO, None, drawn=True)
    signed = THROWAWAY.sign(written(ImageFormat.JPEG), ImageFormat.JPEG, drawn)
    assert Part.sent("", signed).declared is DigitalSource.COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA
