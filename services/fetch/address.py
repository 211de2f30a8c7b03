"""Which network addresses are anybody's, and which lead into the network that the service stands in."""

import ipaddress
import re
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Global to `ipaddress`, older ones at least, and yet not the internet: protocol assignments, among them a cloud's
#: metadata; relays into IPv4 (RFC 7526); and the address under which Azure's machines reach their host
#: (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
_NOT_PUBLIC_V4: Final = tuple(
    ipaddress.ip_network(each) for each in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")
)

#: All that is handed out of IPv6. What lies outside has another meaning: loopback, mapped, NAT64, link-local, local …
_UNICAST_V6: Final = ipaddress.ip_network("2000::/3")
#: Within it: protocol assignments with Teredo's tunnels, documentation, 6to4's tunnels. Tunnels hold an IPv4 address.
_NOT_PUBLIC_V6: Final = tuple(
    ipaddress.ip_network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
#: ISATAP's interface identifiers, which carry an IPv4 address too (RFC 5214).
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})

_LABEL: Final = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
#: A name in the DNS with a dot; one that ends in a number would be an IPv4 address in one of its old spellings
#: (https://url.spec.whatwg.org/#ends-in-a-number-checker).
_NAME: Final = re.compile(rf"(?=.{{4,253}}$)({_LABEL}\.)+(?!\d+$|0x[0-9a-f]*$){_LABEL}", re.ASCII)


def is_public(address: Address) -> bool:
    """Whether an address is on the internet and nowhere else.

    Lists of the special ones: https://www.iana.org/assignments/iana-ipv4-special-registry and its sister for IPv6.
    """
    if isinstance(address, ipaddress.IPv4Address):
        special = address.is_multicast or address.is_reserved or any(address in net for net in _NOT_PUBLIC_V4)
        return address.is_global and not special
    if address.scope_id is not None or address not in _UNICAST_V6 or not address.is_global:
        return False
    return not any(address in net for net in _NOT_PUBLIC_V6) and (int(address) >> 32) & 0xFFFFFFFF not in _ISATAP


def is_host_name(host: str) -> bool:
    """Whether a host is a plain name of the DNS: lower case, ASCII, with a dot and without one at its end."""
    return _NAME.fullmatch(host) is not None


def literal(host: str) -> Address | None:
    """The address that a host is, in its one usual spelling; None where it is none or spelt otherwise."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return address if str(address) == host else None
