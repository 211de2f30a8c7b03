"""A key for development: made by the process that signs with it, kept nowhere, trusted by nobody."""

import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from services.provenance.credentials import Credentials

#: Longer than any process lives: a certificate that ended would end all pictures.
_VALID: Final = datetime.timedelta(days=3650)
#: Clocks differ.
_BEFORE: Final = datetime.timedelta(hours=1)
#: `c2pa-kp-claimSigning` (C2PA 2.2, 14.4.1); older readers want the purpose of e-mail beside it.
_CLAIM_SIGNING: Final = ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
_ORGANIZATION: Final = "Nobody: made by a Vitrine without a key of its own"


def make_credentials() -> Credentials:
    """A certificate by the profile of C2PA 2.2, 14.5.1, issued by an authority whose key is forgotten at once, as a
    certificate that signs itself is refused."""
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _named("Throw-away authority")
    builder = _dated().subject_name(_named("Throw-away key for development")).issuer_name(issuer)
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, _CLAIM_SIGNING])
    certificate = (
        builder.public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_only_signatures(), critical=True)
        .add_extension(purposes, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
        .sign(authority, hashes.SHA256())
    )
    return Credentials(
        certificates=certificate.public_bytes(Encoding.PEM),
        private_key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        algorithm="es256",
        throwaway=True,
    )


def _named(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANIZATION), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )


def _dated() -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - _BEFORE).not_valid_after(now + _VALID)


def _only_signatures() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
