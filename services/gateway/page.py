"""Lists that fit into memory, page by page."""

import base64
import binascii
from collections.abc import Sequence
from typing import Final, TypeVar

from services.common.errors import InvalidInput

DEFAULT_PAGE_SIZE: Final = 50

T = TypeVar("T")


def page_of(items: Sequence[T], keys: Sequence[str], page_size: int, token: str) -> tuple[list[T], str]:
    """The items behind the token's key, and the token of those behind them.

    A token holds the last key of the page before, so that a catalogue that grew meanwhile repeats and skips nothing.

    Args:
        items: All there are, sorted by key.
        keys: Of each.
        page_size: At most so many; 0 = 50.
        token: Of the page before; empty = the first page.

    Raises:
        InvalidInput: The token is none of ours.
    """
    after = _decode(token) if token else ""
    rest = [(key, item) for key, item in zip(keys, items, strict=True) if key > after]
    page = rest[: page_size or DEFAULT_PAGE_SIZE]
    more = len(rest) > len(page)
    return [item for _, item in page], _encode(page[-1][0]) if more else ""


def _encode(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _decode(token: str) -> str:
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(
            "the page token is not one that this service gave; start without one", field="page_token"
        ) from error
