"""Photos from the internet, by address: bounded in size and time, and from nowhere but the internet."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpcore
import httpx

from services import __version__
from services.common.errors import InvalidInput, TooLarge, UnsupportedMedia
from services.common.settings import FetchSettings
from services.fetch.backend import GuardedBackend, Refused, Resolver, system_resolver
from services.fetch.target import Rules, Target

_MAX_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
#: What stores say that know no better; the bytes are looked at in any case.
_UNNAMED_TYPES: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})

#: All that is sent beside the host: nothing of the caller's, of the tenant's or of the request.
_HEADERS: Final = (
    ("User-Agent", f"Vitrine/{__version__}"),
    ("Accept", "image/*"),
    # A compressed answer could grow without limit when it is unpacked.
    ("Accept-Encoding", "identity"),
)


class HttpsFetcher:
    """Fetches photos.

    Each fetch has a connection of its own, straight to the host: no proxy of the environment's, no cookies, no
    credentials, nothing kept.

    Args:
        settings: What may be fetched, and how long it may take.
        max_bytes: Largest photo.
        tls: Trusted certificates; those of the platform where None.
        resolve: Finds a name's addresses.
    """

    def __init__(
        self,
        settings: FetchSettings,
        max_bytes: int,
        tls: ssl.SSLContext | None = None,
        resolve: Resolver = system_resolver,
    ) -> None:
        self._rules = Rules(settings.allow_http, frozenset(settings.trusted_hosts))
        self._timeout_s = settings.timeout_s
        self._max_bytes = max_bytes
        self._tls = tls or httpx.create_ssl_context()
        self._backend = GuardedBackend(settings.trusted_hosts, resolve)

    def check(self, url: str) -> None:
        """Refuse what `fetch` would refuse before it asks anybody.

        Raises:
            InvalidInput: The address is malformed, or names no public host.
        """
        Target.parse(url, self._rules)

    async def fetch(self, url: str) -> bytes:
        """The photo at an address. Whoever awaits this bounds it by the request's deadline.

        Raises:
            InvalidInput: The address is no public one, does not answer in time, or not with a file.
            UnsupportedMedia: What is there says that it is no image.
            TooLarge: It is larger than a photo may be.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._followed(Target.parse(url, self._rules))
        except TimeoutError as error:
            raise InvalidInput(f"the photo did not arrive from its address within {self._timeout_s:g} s") from error
        except Refused as error:
            raise InvalidInput("the address's host is not known, or not public") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
            raise InvalidInput(f"the address's host does not answer properly ({type(error).__name__})") from error

    async def _followed(self, target: Target) -> bytes:
        for _ in range(_MAX_REDIRECTS + 1):
            async with self._answer(target) as answer:
                if answer.status not in _REDIRECTS:
                    return await self._read(answer)
                location = _header(answer, b"location")
            target = target.redirected(location, self._rules)
        raise InvalidInput(f"the address redirects more than {_MAX_REDIRECTS} times")

    @asynccontextmanager
    async def _answer(self, target: Target) -> AsyncIterator[httpcore.Response]:
        pool = httpcore.AsyncConnectionPool(
            ssl_context=self._tls, max_keepalive_connections=0, network_backend=self._backend
        )
        url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        headers = [("Host", target.url.netloc.decode("ascii")), *_HEADERS]
        # A host whose first address does not answer has others; the whole is bounded by `fetch`.
        extensions = {"timeout": {"connect": self._timeout_s / 3}}
        async with pool, pool.stream("GET", url, headers=headers, extensions=extensions) as answer:
            yield answer

    async def _read(self, answer: httpcore.Response) -> bytes:
        if answer.status != 200:
            raise InvalidInput(f"the address answers with status {answer.status} instead of a photo", got=answer.status)
        kind = _header(answer, b"content-type").partition(";")[0].strip().lower()
        if not kind.startswith("image/") and kind not in _UNNAMED_TYPES:
            raise UnsupportedMedia(f"what is at the address is no image but {kind[:80]}")
        if _header(answer, b"content-encoding").lower() not in ("", "identity"):
            raise UnsupportedMedia("the address sends a compressed answer, which was not asked for")
        declared = _header(answer, b"content-length")
        if declared.isdecimal():
            self._check_size(int(declared))
        content = bytearray()
        async for block in answer.aiter_stream():
            content += block
            self._check_size(len(content))
        return bytes(content)

    def _check_size(self, size_bytes: int) -> None:
        if size_bytes > self._max_bytes:
            raise TooLarge(
                f"what is at the address has {size_bytes} bytes or more; at most {self._max_bytes} are taken",
                got=size_bytes, limit=self._max_bytes,
            )  # fmt: skip


def _header(answer: httpcore.Response, name: bytes) -> str:
    """A header's text; empty where it is missing."""
    return next((value.decode("latin-1") for key, value in answer.headers if key.lower() == name), "")
