"""Who signs, read from the operator's files."""

import datetime
import time

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from services.common.errors import InvalidInput
from services.common.provenance_settings import ProvenanceSettings
from services.provenance.credentials import Credentials, credentials_of
from tests.support.signing import Authority, new_key, pem

KEY = new_key()
AUTHORITY = Authority()


@pytest.fixture
def read(tmp_path):
    def from_files(certificates=None, key=None, algorithm="es256"):
        (tmp_path / "chain.pem").write_bytes(AUTHORITY.chain(KEY) if certificates is None else certificates)
        (tmp_path / "key.pem").write_bytes(pem(KEY) if key is None else key)
        return Credentials.read(tmp_path / "chain.pem", tmp_path / "key.pem", algorithm)

    return from_files


def test_files_are_taken_as_they_are(read):
    credentials = read()
    assert (credentials.private_key, credentials.throwaway) == (pem(KEY), False)
    assert credentials.certificates.count(b"BEGIN CERTIFICATE") == 2


@pytest.mark.parametrize("algorithm", ["es384", "es512", "ps256", "ps512", "ed25519"])
def test_every_kind_of_key_is_taken_by_its_algorithm_alone(read, algorithm):
    key = new_key(algorithm)
    assert read(AUTHORITY.chain(key), pem(key), algorithm).algorithm == algorithm
    with pytest.raises(InvalidInput, match=r"provenance\.algorithm: provenance\.private_key can't sign by 'es256'"):
        read(AUTHORITY.chain(key), pem(key), "es256")


def test_end_is_the_first_certificates(read):
    assert read().end_s == pytest.approx(time.time() + 3600, abs=60)


def test_missing_file_names_the_setting(tmp_path):
    with pytest.raises(InvalidInput, match=r"provenance\.certificates: .* can't be read: No such file"):
        Credentials.read(tmp_path / "none.pem", tmp_path / "none.pem", "es256")


@pytest.mark.parametrize("broken", [b"", b"a diary", pem(KEY)])
def test_file_without_certificates_is_refused(read, broken):
    with pytest.raises(InvalidInput, match=r"provenance\.certificates: the file holds no certificates"):
        read(certificates=broken)


def test_key_with_a_password_is_refused(read):
    locked = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    with pytest.raises(InvalidInput, match=r"provenance\.private_key: the file holds no private key"):
        read(key=locked)


def test_key_of_another_certificate_is_refused(read):
    with pytest.raises(InvalidInput, match="is not the key of the first of"):
        read(key=pem(new_key()))


def test_certificate_that_has_ended_is_refused(read):
    with pytest.raises(InvalidInput, match="which is not now"):
        read(AUTHORITY.chain(KEY, ends=-datetime.timedelta(hours=1)))


def test_key_is_shown_by_no_text_of_its_owner(read):
    assert "PRIVATE" not in repr(read())


def test_settings_without_files_name_nobody():
    assert credentials_of(ProvenanceSettings()) is None


@pytest.mark.parametrize(("given", "missing"), [("certificates", "private_key"), ("private_key", "certificates")])
def test_one_file_without_the_other_is_refused(tmp_path, given, missing):
    with pytest.raises(ValueError, match=f"{missing} is not given"):
        ProvenanceSettings.model_validate({given: tmp_path / "a.pem"})


def test_time_stamping_authority_has_an_address():
    with pytest.raises(ValueError, match="time_stamps"):
        ProvenanceSettings(time_stamps="file:///etc/passwd")
