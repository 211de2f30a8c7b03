"""An address that a caller gives, taken apart strictly: what two readers could read differently is refused."""

import re
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urljoin

import httpx

from services.common.errors import InvalidInput
from services.fetch.address import is_host_name, is_public, literal

MAX_URL_LENGTH: Final = 2048
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE | re.ASCII)
#: Of what addresses consist; all else has to be escaped, or has no place in one.
_CHARACTERS: Final = re.compile(r"[!#-;=?-\[\]_a-z~]*")
_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Rules:
    """Which addresses may be fetched from.

    Args:
        allow_http: Without TLS too.
        trusted: Hosts with ports, as "name:port", that may be private and on any port.
    """

    allow_http: bool = False
    trusted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Target:
    """Where to ask for what: the host in lower case and ASCII, the path with its query as it is sent."""

    scheme: str
    host: str
    port: int
    path: bytes

    @classmethod
    def parse(cls, url: str, rules: Rules) -> Self:
        """Take an address apart.

        Raises:
            InvalidInput: It is malformed or ambiguous, or leads to where nothing is fetched from.
        """
        if len(url) > MAX_URL_LENGTH:
            raise InvalidInput(f"an address may have {MAX_URL_LENGTH} characters, got {len(url)}")
        if not _CHARACTERS.fullmatch(url):
            raise InvalidInput("the address has characters that have to be escaped, or no place in an address")
        try:
            parts = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise InvalidInput("the address is malformed") from error
        if parts.scheme not in (("https", "http") if rules.allow_http else ("https",)):
            raise InvalidInput(f"the address has to begin with https://, got {parts.scheme[:20] or 'no scheme'}")
        if b"@" in parts.netloc or parts.userinfo:
            raise InvalidInput("the address holds a user name; nothing is sent that proves who asks")
        port = _PORTS[parts.scheme] if parts.port is None else parts.port
        host = parts.raw_host.decode("ascii")
        _check_host(host, port, parts.scheme, rules)
        return cls(parts.scheme, host, port, parts.raw_path)

    @property
    def url(self) -> httpx.URL:
        """The whole address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return httpx.URL(f"{self.scheme}://{host}:{self.port}{self.path.decode('ascii')}")

    def redirected(self, location: str, rules: Rules) -> "Target":
        """Where a redirect leads, checked like the first address.

        Raises:
            InvalidInput: To where nothing is fetched from.
        """
        # Joining mends what it can; an address of its own is taken as it is.
        own = _SCHEME.match(location) is not None
        return Target.parse(location if own else urljoin(str(self.url), location), rules)


def _check_host(host: str, port: int, scheme: str, rules: Rules) -> None:
    if f"{host}:{port}" in rules.trusted:
        return
    address = literal(host)
    if not (is_public(address) if address else is_host_name(host)):
        raise InvalidInput("the address names no public host; wanted is a host's full name, such as images.example.com")
    if port != _PORTS[scheme]:
        raise InvalidInput(f"the address names port {port}; only the usual one, {_PORTS[scheme]}, is asked", got=port)
