"""Who signs: a certificate with those up to its authority, and its private key."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from services.common.errors import InvalidInput
from services.common.provenance_settings import ProvenanceSettings, SigningAlgorithm

#: Curves by what signs with them (RFC 9053, 2.1, as C2PA 2.2, 13.2 allows them); the rest is told by the kind of key.
_CURVES: Final[Mapping[str, type[ec.EllipticCurve]]] = MappingProxyType(
    {"es256": ec.SECP256R1, "es384": ec.SECP384R1, "es512": ec.SECP521R1}
)


@dataclass(frozen=True)
class Credentials:
    """What a signature is made with.

    Args:
        certificates: PEM, the signer's own first.
        private_key: PEM, PKCS #8, without a password.
        algorithm: How it signs.
        throwaway: Whether both were made by this process, so that nobody trusts them.
    """

    certificates: bytes
    private_key: bytes = field(repr=False)
    algorithm: SigningAlgorithm
    throwaway: bool = False

    @property
    def end_s(self) -> float:
        """Unix time when the certificate is valid no longer."""
        return x509.load_pem_x509_certificates(self.certificates)[0].not_valid_after_utc.timestamp()

    @classmethod
    def read(cls, certificates: Path, private_key: Path, algorithm: SigningAlgorithm) -> Self:
        """The operator's.

        Raises:
            InvalidInput: A file can't be read or holds something else, the key is not the certificate's or does not
                sign so, or the certificate is not valid now. Names the setting, and nothing of the key.
        """
        chain = _read(certificates, "certificates")
        key = _read(private_key, "private_key")
        try:
            first = x509.load_pem_x509_certificates(chain)[0]
        except ValueError as error:
            raise _useless("certificates", "the file holds no certificates in PEM") from error
        _check_times(first)
        _check_key(key, first, algorithm)
        return cls(chain, key, algorithm)


def _read(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _useless(name, f"{path} can't be read: {error.strerror}") from error


def _check_times(certificate: x509.Certificate) -> None:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begins <= datetime.datetime.now(datetime.UTC) <= ends:
        told = f"the first is valid from {begins:%Y-%m-%d %H:%M} to {ends:%Y-%m-%d %H:%M} UTC, which is not now"
        raise _useless("certificates", told)


def _check_key(key: bytes, certificate: x509.Certificate, algorithm: SigningAlgorithm) -> None:
    try:
        private = load_pem_private_key(key, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # A TypeError asks for a password.
        raise _useless("private_key", "the file holds no private key in PEM without a password") from error
    public = private.public_key()
    if public != certificate.public_key():
        raise _useless("private_key", "it is not the key of the first of provenance.certificates")
    if not _suits(public, algorithm):
        raise _useless("algorithm", f"provenance.private_key can't sign by {algorithm!r}")


def _useless(name: str, why: str) -> InvalidInput:
    return InvalidInput(f"provenance.{name}: {why}", field=f"provenance.{name}")


def _suits(key: object, algorithm: SigningAlgorithm) -> bool:
    if algorithm in _CURVES:
        return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES[algorithm])
    return isinstance(key, ed25519.Ed25519PublicKey if algorithm == "ed25519" else rsa.RSAPublicKey)


def credentials_of(settings: ProvenanceSettings) -> Credentials | None:
    """The operator's; None where none are named.

    Raises:
        InvalidInput: As `Credentials.read`.
    """
    if settings.certificates is None or settings.private_key is None:
        return None
    return Credentials.read(settings.certificates, settings.private_key, settings.algorithm)
