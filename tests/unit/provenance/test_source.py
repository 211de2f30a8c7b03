"""Terms of the IPTC, and what files say of themselves."""

import pytest

from services.provenance.source import GENERATIVE, DigitalSource, declared_source


def saying(*terms):
    return b"\xff\xd8" + b"".join(b"http://cv.iptc.org/newscodes/digitalsourcetype/" + term for term in terms)


def test_address_is_the_one_of_the_scheme():
    uri = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
    assert DigitalSource.COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA.uri == uri


@pytest.mark.parametrize("source", GENERATIVE)
def test_generative_file_is_known_by_its_term(source):
    assert declared_source(saying(source.value.encode() + b"\x00")) is source


def test_term_ends_where_it_ends_also_before_a_letter():
    # In CBOR the next text's head may be one.
    assert declared_source(saying(b"trainedAlgorithmicMediajparameters")) is DigitalSource.TRAINED_ALGORITHMIC_MEDIA


@pytest.mark.parametrize(
    "file", [b"", saying(b"digitalCapture"), saying(b"algorithmicMedia"), saying(b"composite\x00")]
)
def test_other_files_declare_nothing(file):
    assert declared_source(file) is None


def test_several_terms_are_a_composite_with_generative_parts():
    found = declared_source(saying(b"trainedAlgorithmicMedia", b"compositeWithTrainedAlgorithmicMedia"))
    assert found is DigitalSource.COMPOSITE_SYNTHETIC
