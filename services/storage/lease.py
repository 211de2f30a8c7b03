"""Leases: one of many processes may do a thing, for a limited time that it can extend."""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from services.common.errors import StorageUnavailable, VitrineError
from services.storage.blobs import Versioned, VersionedStore

#: A lease that is held is extended so many times before it would expire.
_RENEWALS_PER_TTL: Final = 3


@dataclass(frozen=True)
class Lease:
    """What its holder knows of it.

    Args:
        name: What it is about.
        token: The fencing token: grows with every holder, so that whoever guards a thing can refuse an earlier one
            that still believes it holds the lease (https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html).
        expires_at_s: Unix time.
        version: Of its file.
    """

    name: str
    token: int
    expires_at_s: float
    version: str


class Leases:
    """Gives leases out, by conditional writes of a small file each.

    The machines' clocks have to agree to a small part of `ttl_s`. A file is never removed, so that tokens only grow.

    Args:
        store: Holds the files under `leases/`.
        ttl_s: How long a lease lasts that is not extended, in seconds.
        now: Unix time in seconds.
    """

    def __init__(self, store: VersionedStore, ttl_s: float, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._ttl_s = ttl_s
        self._now = now

    def acquire(self, name: str) -> Lease | None:
        """The lease, if nobody holds it.

        Args:
            name: Of what it is about; a blob key's form.

        Returns:
            None where another holds it.

        Raises:
            NotFound: The name is malformed.
            StorageUnavailable: The store does not answer, or the lease's file is none.
        """
        current = self._store.get_version(_key(name))
        last_token, expires_at_s = (0, 0.0) if current is None else _parsed(current)
        if expires_at_s > self._now():
            return None
        return self._write(name, last_token + 1, None if current is None else current.version)

    def renew(self, lease: Lease) -> Lease | None:
        """The lease with a new time; None where it was lost to another holder."""
        renewed = self._write(lease.name, lease.token, lease.version)
        if renewed is not None:
            return renewed
        # Or an earlier extension arrived without our knowing; a token has one holder only.
        current = self._store.get_version(_key(lease.name))
        if current is None or _parsed(current)[0] != lease.token:
            return None
        return self._write(lease.name, lease.token, current.version)

    def release(self, lease: Lease) -> None:
        """Let others have it; nothing happens where it was lost already."""
        self._store.put_if(_key(lease.name), _document(lease.token, 0.0), lease.version)

    @contextmanager
    def holding(self, name: str) -> Iterator["Holding | None"]:
        """Hold a lease for the body and extend it meanwhile, in a thread; None where another holds it."""
        lease = self.acquire(name)
        if lease is None:
            yield None
            return
        holding = Holding(self, lease, self._ttl_s / _RENEWALS_PER_TTL)
        try:
            yield holding
        finally:
            holding.end()

    def is_current(self, lease: Lease) -> bool:
        """Whether its time is not over yet."""
        return lease.expires_at_s > self._now()

    def _write(self, name: str, token: int, version: str | None) -> Lease | None:
        expires_at_s = self._now() + self._ttl_s
        written = self._store.put_if(_key(name), _document(token, expires_at_s), version)
        return None if written is None else Lease(name, token, expires_at_s, written)


class Holding:
    """A lease that is extended until `end`.

    Args:
        leases: Where it is from.
        lease: The lease.
        pause_s: Between two extensions.
    """

    def __init__(self, leases: Leases, lease: Lease, pause_s: float) -> None:
        self._leases = leases
        self._lease = lease
        self._pause_s = pause_s
        self._lost = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name=f"lease {lease.name}", daemon=True)
        self._thread.start()

    @property
    def token(self) -> int:
        """The fencing token."""
        return self._lease.token

    @property
    def expires_at_s(self) -> float:
        """Unix time, later with every extension."""
        return self._lease.expires_at_s

    def check(self) -> None:
        """Raise where the lease is no longer held; look before whatever others would notice.

        Raises:
            StorageUnavailable: Another holder has it, or the store did not answer for too long.
        """
        if self._lost or not self._leases.is_current(self._lease):
            raise StorageUnavailable(f"the lease on {self._lease.name!r} was lost")

    def end(self) -> None:
        """Stop extending it and let others have it; a store that does not answer lets it expire instead."""
        self._ended.set()
        self._thread.join()
        if not self._lost:
            try:
                self._leases.release(self._lease)
            except StorageUnavailable:
                return

    def _renew(self) -> None:
        while not self._ended.wait(self._pause_s):
            try:
                renewed = self._leases.renew(self._lease)
            except VitrineError:
                continue  # tried again; `check` tells when its time is over
            if renewed is None:
                self._lost = True
                return
            self._lease = renewed


def _key(name: str) -> str:
    return f"leases/{name}.json"


def _document(token: int, expires_at_s: float) -> bytes:
    """The nonce makes each write unlike every other, see `VersionedStore.put_if`."""
    return json.dumps({"token": token, "expires_at_s": expires_at_s, "nonce": secrets.token_hex(8)}).encode()


def _parsed(current: Versioned) -> tuple[int, float]:
    try:
        document = json.loads(current.data)
        return int(document["token"]), float(document["expires_at_s"])
    except (ValueError, TypeError, KeyError) as error:
        raise StorageUnavailable("a lease's file is damaged; delete it, and it is made anew") from error
