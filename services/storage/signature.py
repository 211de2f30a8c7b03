"""Signed addresses: whoever holds one may read one key for a limited time."""

import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from services.common.errors import StorageUnavailable

KEY_BYTES = 32


class Signature:
    """HMAC-SHA256 over what an address permits and the second when it expires (RFC 2104).

    Args:
        secret: `KEY_BYTES` random bytes; every gateway replica needs the same.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def from_file(cls, path: Path) -> "Signature":
        """Read the secret, making it first where there is none.

        Several processes may come here at once: each writes a file of its own and links it to the name, which only the
        first manages, so that nobody ever reads half a secret.

        Raises:
            StorageUnavailable: The file can't be read or written, or is no secret of ours.
        """
        try:
            if not path.exists():
                _create(path)
            secret = path.read_bytes()
        except OSError as error:
            raise StorageUnavailable("the key that signs addresses can't be read or written") from error
        if len(secret) != KEY_BYTES:
            raise StorageUnavailable(
                f"the key that signs addresses has {len(secret)} bytes, wanted are {KEY_BYTES}; "
                "delete the file and a new one is made"
            )
        return cls(secret)

    def of(self, permitted: str, expires: int) -> str:
        """The signature, in hex.

        Args:
            permitted: A blob's key for reading it; what `upload_permit` says for writing it.
            expires: Unix time in whole seconds.
        """
        return hmac.new(self._secret, f"{expires}\n{permitted}".encode(), hashlib.sha256).hexdigest()

    def matches(self, permitted: str, expires: int, signature: str) -> bool:
        """Whether the signature is ours, in a time that does not tell how much of it was right."""
        return hmac.compare_digest(self.of(permitted, expires).encode(), signature.encode("utf-8", "replace"))


def upload_permit(key: str, media_type: str, size_bytes: int) -> str:
    """Writing one file. No key has a line break, so this is no key, and no other file's permit."""
    return f"{key}\n{size_bytes}\n{media_type}"


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mkstemp gives mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)
    except FileExistsError:
        return  # another process was first; its secret counts
    finally:
        Path(name).unlink()
