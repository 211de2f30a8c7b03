"""What a caller is told of its rate limit."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Allowance:
    """The fields of https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-05.

    Args:
        limit: Calls at once.
        remaining: Calls that are left now.
        reset_s: Seconds until all of them are there again.
        window_s: Seconds in which `limit` calls come again.
    """

    limit: int
    remaining: int
    reset_s: int
    window_s: int

    @property
    def headers(self) -> dict[str, str]:
        """HTTP header fields; over gRPC the same in lower case, as trailing metadata."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
            "RateLimit-Policy": f"{self.limit};w={self.window_s}",
        }
