"""The text of an API key: what is shown once, and what of it is kept."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Final

#: 256 bits, so that nobody guesses one and a plain digest is as good as a slow one.
_SECRET_BYTES: Final = 32
_TEXT: Final = re.compile(r"vitrine_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class ApiKey:
    """`vitrine_<id>_<secret>`: the id finds the key's row and may be told; scanners know the text by its beginning.

    Args:
        key_id: 12 hex digits.
        secret: 32 random bytes as URL-safe base64.
    """

    key_id: str
    secret: str = field(repr=False)

    @classmethod
    def draw(cls) -> "ApiKey":
        """A new one."""
        return cls(secrets.token_hex(6), secrets.token_urlsafe(_SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> "ApiKey | None":
        """The key that a text is; None where it is none."""
        found = _TEXT.fullmatch(text)
        return cls(found[1], found[2]) if found else None

    @property
    def text(self) -> str:
        """What callers send."""
        return f"vitrine_{self.key_id}_{self.secret}"

    @property
    def digest(self) -> bytes:
        """SHA-256 of the text: what is kept."""
        return hashlib.sha256(self.text.encode()).digest()

    def matches(self, digest: bytes) -> bool:
        """Whether the digest is this key's, in a time that does not tell how much of it was right."""
        return hmac.compare_digest(self.digest, digest)
