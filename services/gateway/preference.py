"""What the caller's `Prefer` header asks for (https://www.rfc-editor.org/rfc/rfc7240)."""

from collections.abc import Iterable
from typing import Final

RESPOND_ASYNC: Final = "respond-async"
#: In the answer to a preference that was followed.
APPLIED_HEADER: Final = "Preference-Applied"


def prefers_async(headers: Iterable[str]) -> bool:
    """Whether the caller would rather be told where to look later than wait.

    Args:
        headers: Every `Prefer` of the request. How long the caller would wait (`wait=10`) is not looked at.
    """
    preferences = (each for header in headers for each in header.split(","))
    return any(each.partition(";")[0].partition("=")[0].strip().lower() == RESPOND_ASYNC for each in preferences)
