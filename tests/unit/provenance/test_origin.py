"""What is told of each kind of picture."""

import hashlib

import pytest

from services.provenance.origin import Part, arranged_origin, cutout_origin, scene_origin, shot_origin
from services.provenance.source import DigitalSource

TRAINED = DigitalSource.TRAINED_ALGORITHMIC_MEDIA
PHOTO = Part("The photo", "aa")
GENERATED = Part("The photo", "bb", TRAINED)
CUTOUT = Part.own("The cutout", b"a file")


def test_part_is_known_by_its_bytes_and_what_they_declare():
    sent = Part.sent("The photo", TRAINED.uri.encode())
    assert sent == Part("The photo", hashlib.sha256(TRAINED.uri.encode()).hexdigest(), TRAINED)


def test_only_files_of_this_service_go_along():
    assert (Part.sent("", b"a file").signed, CUTOUT.signed) == (b"", b"a file")


@pytest.mark.parametrize(
    ("origin", "source"),
    [
        pytest.param(cutout_origin(PHOTO), "algorithmicallyEnhanced", id="cutout"),
        pytest.param(cutout_origin(GENERATED), "trainedAlgorithmicMedia", id="cutout of a generated photo"),
        pytest.param(shot_origin(PHOTO, None, drawn=False), "composite", id="shot before a plate"),
        pytest.param(shot_origin(GENERATED, None, drawn=False), "compositeSynthetic", id="shot of a generated photo"),
        pytest.param(shot_origin(PHOTO, GENERATED, drawn=False), "compositeSynthetic", id="before a generated picture"),
        pytest.param(shot_origin(PHOTO, None, drawn=True), "compositeWithTrainedAlgorithmicMedia", id="drawn shot"),
        pytest.param(scene_origin(), "composite", id="scene"),
        pytest.param(arranged_origin(CUTOUT, None, filled=True), "algorithmicallyEnhanced", id="cutout on a colour"),
        pytest.param(arranged_origin(CUTOUT, PHOTO, filled=False), "composite", id="cutout before a picture"),
        pytest.param(
            arranged_origin(CUTOUT, GENERATED, filled=False), "compositeSynthetic", id="before a generated one"
        ),
    ],
)
def test_kind_of_picture_follows_what_it_is_made_of(origin, source):
    assert origin.source == source


def test_picture_tells_what_was_opened_and_what_was_placed():
    origin = shot_origin(PHOTO, GENERATED, drawn=False)
    assert (origin.opened, origin.placed) == (PHOTO, GENERATED)


def test_another_colour_is_told_beside_what_else_was_done():
    before = cutout_origin(PHOTO)
    after = before.recoloured()
    assert after.edit == f"{before.edit} The product was given another colour."
    assert after.source == before.source


@pytest.mark.parametrize("drawn", [False, True])
def test_words_of_a_cover_are_told_and_change_no_kind(drawn):
    plain, cover = shot_origin(PHOTO, None, drawn=drawn), shot_origin(PHOTO, None, drawn=drawn, lettered=True)
    assert "Words were set" in cover.edit
    assert "Words" not in plain.edit
    assert cover.source is plain.source
