"""Where a list goes on: the place of a page's last entry, for whoever asks for the page behind it."""

import base64
import binascii
import hashlib
import json
from typing import Any, Final

from services.common.errors import InvalidInput

_DIGEST_BYTES: Final = 9


def page_token(question: str, place: list[Any]) -> str:
    """A token for the page behind a place.

    Args:
        question: What is listed; a token is of use for the same question only.
        place: JSON types.
    """
    told = json.dumps(place, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_digest(question, told) + told).decode().rstrip("=")


def place_of(token: str, question: str, *kinds: type) -> list[Any] | None:
    """The place that a token was made of; None where the token is empty.

    Args:
        token: The caller's.
        question: As of `page_token`.
        kinds: The types of which a place is made.

    Raises:
        InvalidInput: It is none of ours, or of another question.
    """
    if not token:
        return None
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b""
    told = data[_DIGEST_BYTES:]
    # No secret is in it: whoever makes one up reads on in the own list from somewhere else.
    place = _decoded(told) if data[:_DIGEST_BYTES] == _digest(question, told) else None
    if not isinstance(place, list) or [type(each) for each in place] != list(kinds):
        raise InvalidInput(
            "page_token: it is not one that was told for this list; leave it out to begin anew", field="page_token"
        )
    return place


def _decoded(told: bytes) -> Any:
    try:
        return json.loads(told)
    except ValueError:
        return None


def _digest(question: str, told: bytes) -> bytes:
    return hashlib.sha256(question.encode() + b"\n" + told).digest()[:_DIGEST_BYTES]
