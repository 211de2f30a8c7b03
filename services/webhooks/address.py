"""Where messages may be sent to."""

from collections.abc import Iterable

from services.common.errors import InvalidInput
from services.fetch.target import Rules, Target


class Addresses:
    """Takes addresses of webhooks apart: https on the internet, at its usual port; hosts that the operator trusts may
    be private, on any port and without TLS.

    Args:
        trusted: As "name:port".
    """

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted = frozenset(trusted)

    def target(self, url: str) -> Target:
        """An address, taken apart.

        Raises:
            InvalidInput: It is malformed or ambiguous, or leads to where nothing is sent.
        """
        try:
            target = Target.parse(url, Rules(allow_http=True, trusted=self._trusted))
            if f"{target.host}:{target.port}" in self._trusted:
                return target
            return Target.parse(url, Rules())
        except InvalidInput as error:
            raise InvalidInput(f"url: {error.message}", **error.details | {"field": "url"}) from error
