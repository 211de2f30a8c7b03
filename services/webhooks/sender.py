"""One attempt to deliver a message."""

import asyncio
import ssl
import time
from collections.abc import Callable
from typing import Final

import httpcore
import httpx

from services import __version__
from services.common.errors import InvalidInput
from services.common.job_settings import WebhookSettings
from services.fetch.backend import GuardedBackend, Refused, Resolver, system_resolver
from services.fetch.target import Target
from services.webhooks.address import Addresses
from services.webhooks.schedule import LONGEST_S
from services.webhooks.schema import Letter, Receipt
from services.webhooks.secret import signed_headers

#: Sent with every message, beside what signs it.
_HEADERS: Final = {
    "Content-Type": "application/json",
    "User-Agent": f"Vitrine/{__version__}",
    "Accept-Encoding": "identity",
}
_UNANSWERED: Final = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError)


class Sender:
    """Sends messages.

    Each has a connection of its own, straight to the address: a name is resolved once and connected to as it was
    checked, no proxy of the environment's is used, no redirect followed, nothing kept. Of the answer its status and
    headers are read, which are bounded; its body decides nothing and is not.

    Args:
        settings: Where to, and how long it may take.
        tls: Trusted certificates; those of the platform where None.
        resolve: Finds a name's addresses.
        now: Unix time in seconds.
    """

    def __init__(
        self,
        settings: WebhookSettings,
        tls: ssl.SSLContext | None = None,
        resolve: Resolver = system_resolver,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._addresses = Addresses(settings.trusted_hosts)
        self._timeout_s = settings.timeout_s
        self._tls = tls or httpx.create_ssl_context()
        self._backend = GuardedBackend(settings.trusted_hosts, resolve)
        self._now = now

    async def send(self, letter: Letter) -> Receipt:
        """Send a message, and tell what became of it."""
        began_s, began = self._now(), time.monotonic()
        status, error, wait_s = await self._attempt(letter, began_s)
        return Receipt(letter, began_s, time.monotonic() - began, status, error, wait_s)

    async def _attempt(self, letter: Letter, moment_s: float) -> tuple[int, str, float]:
        try:
            target = self._addresses.target(letter.url)
            async with asyncio.timeout(self._timeout_s):
                answer = await self._post(target, letter, moment_s)
        except InvalidInput as error:  # the operator trusts a host no longer
            return 0, error.message, 0.0
        except TimeoutError:
            return 0, f"the address did not answer within {self._timeout_s:g} s", 0.0
        except Refused:
            return 0, "the address's host is not known, or not public", 0.0
        except _UNANSWERED as error:
            return 0, f"the address's host does not answer properly ({type(error).__name__})", 0.0
        return answer.status, _complaint(answer.status), _wait_s(answer)

    async def _post(self, target: Target, letter: Letter, moment_s: float) -> httpcore.Response:
        signed = signed_headers(letter.delivery_id, moment_s, letter.payload, letter.secrets)
        headers = {"Host": target.url.netloc.decode("ascii")} | _HEADERS | signed
        url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        # A host whose first address does not answer has others; the whole is bounded by `send`.
        extensions = {"timeout": {"connect": self._timeout_s / 3}}
        body = letter.payload.encode()
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=self._tls, max_keepalive_connections=0, network_backend=self._backend
            ) as pool,
            pool.stream("POST", url, headers=list(headers.items()), content=body, extensions=extensions) as answer,
        ):
            return answer


def _complaint(status: int) -> str:
    """Why a status is no receipt; empty for one."""
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"the address answered with the redirect {status}; redirects are not followed"
    if status == 410:
        return "the address is gone (410), so the webhook was disabled"
    return f"the address answered with status {status} instead of 2xx"


def _wait_s(answer: httpcore.Response) -> float:
    """What the answer asks for by Retry-After in seconds, bounded; its form as a date is not read."""
    text = next((value for name, value in answer.headers if name.lower() == b"retry-after"), b"")
    return min(float(text), LONGEST_S) if text.isdigit() and len(text) < 10 else 0.0
