"""W3C trace context: which trace a call belongs to, so that its lines are found in every service that it passed.

https://www.w3.org/TR/trace-context/
"""

import re
import secrets
from dataclasses import dataclass
from typing import Final, Self

#: The header, and the metadata key, that carries it.
TRACEPARENT: Final = "traceparent"

#: A later version may be longer; what version 00 has stands first in it, before another hyphen.
_TRACEPARENT: Final = re.compile(
    r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?"
)


@dataclass(frozen=True)
class Trace:
    """A call's place in a trace.

    Args:
        trace_id: 32 hexadecimal digits, the same in every service.
        span_id: 16 hexadecimal digits, this call's own.
        flags: Two hexadecimal digits, as they came; "01" says that the caller records the trace.
    """

    trace_id: str
    span_id: str
    flags: str = "00"

    @classmethod
    def taken_up(cls, offered: str) -> Self:
        """The caller's trace with a span of our own; a new trace where the header is missing or malformed.

        Args:
            offered: The header `traceparent` as it came; empty where there was none.
        """
        span_id = secrets.token_hex(8)
        known = _TRACEPARENT.fullmatch(offered)
        if known is None or (known[1] == "00" and known[4]):
            return cls(secrets.token_hex(16), span_id)
        return cls(known[2], span_id, known[3])

    @property
    def header(self) -> str:
        """For whom we call, and for the answer: `traceparent` with our span as the parent."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"
