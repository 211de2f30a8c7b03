"""Connections to addresses that were checked: what a name is resolved to is what is connected to."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from httpcore import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream, ConnectError, ConnectTimeout

from services.fetch.address import is_public

#: The addresses that a host's name has, as text.
Resolver = Callable[[str, int], Awaitable[list[str]]]

_MOST_ADDRESSES: Final = 4


class Refused(Exception):  # becomes an InvalidInput in `HttpsFetcher`
    """A host can't be connected to: it has no address, or one that is not public.

    Callers are told the same of both, or they could read the names of a private network from the answers.
    """


class GuardedBackend(AsyncNetworkBackend):
    """Resolves a name once, checks every address, and connects to one of just these.

    httpcore asks for a connection by name and does TLS over it with that name, so the certificate is still checked
    against the name though the connection is made by address.

    Args:
        trusted: Hosts with ports, as "name:port", that may have private addresses.
        resolve: Finds a name's addresses.
    """

    def __init__(self, trusted: Iterable[str], resolve: Resolver) -> None:
        self._trusted = frozenset(trusted)
        self._resolve = resolve
        self._backend = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own name
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        """Connect to the first of the host's addresses that answers.

        Raises:
            Refused: It has no address, or one that is not public.
            httpcore.ConnectError, httpcore.ConnectTimeout: No address answers.
        """
        addresses = await self._checked(host, port)
        for address in addresses[:-1]:
            try:
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except (ConnectError, ConnectTimeout):
                continue
        return await self._backend.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Between tries."""
        await self._backend.sleep(seconds)

    async def _checked(self, host: str, port: int) -> list[str]:
        try:
            found = [ipaddress.ip_address(each) for each in await self._resolve(host, port)]
        except (OSError, ValueError, UnicodeError) as error:
            raise Refused from error
        # All of them: one private address among public ones is a trick, not a mirror.
        if not found or not (f"{host}:{port}" in self._trusted or all(is_public(each) for each in found)):
            raise Refused
        return [str(each) for each in found][:_MOST_ADDRESSES]


async def system_resolver(host: str, port: int) -> list[str]:
    """As this machine resolves names.

    Raises:
        OSError: It can't.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]
