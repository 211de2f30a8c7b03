"""Engines that all machines share: one builds, all serve.

engines/<key>/<sha256>.engine      never changed, so an unfinished upload is nobody's engine
engines/<key>/manifest.json        names the engine; written last
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol

from services.common.errors import ModelUnavailable, NotFound
from services.common.settings import Settings
from services.generate.engine.manifest import Manifest
from services.storage.blobs import StoredBlob
from services.storage.lease import Leases
from services.storage.store import open_store

_FOLDER: Final = "engines"
_ENGINE_TYPE: Final = "application/octet-stream"
#: Who builds extends its lease; one that died is waited for so long.
_LEASE_S: Final = 60.0


class Files(Protocol):
    """What is needed of a blob store."""

    def put(self, key: str, data: bytes, media_type: str) -> StoredBlob:
        """Store bytes under a key, all or nothing."""

    def get(self, key: str) -> bytes:
        """The bytes under a key; NotFound where there are none."""


class HeldLease(Protocol):
    """A lease that is extended as long as it is held."""

    def check(self) -> None:
        """Raise StorageUnavailable where it was lost."""


class Building(Protocol):
    """Gives one of all machines the right to build, until it lets go or stops extending it."""

    def holding(self, name: str) -> AbstractContextManager[HeldLease | None]:
        """Hold it for the body; None where another holds it."""


class Unleased:
    """For one operator at work: everybody may build. Two who build the same offer the same; the later one is found."""

    def holding(self, name: str) -> AbstractContextManager["Unleased"]:
        """Always held."""
        del name
        return nullcontext(self)

    def check(self) -> None:
        """Never lost."""


class SharedEngines:
    """Engines in a blob store.

    Args:
        files: The store.
        leases: Who may build.
    """

    def __init__(self, files: Files, leases: Building) -> None:
        self._files = files
        self._leases = leases

    def fetch(self, key: str) -> tuple[Manifest, bytes] | None:
        """An engine as it lies there, its bytes not checked; None where there is none.

        Raises:
            ModelUnavailable: Its manifest is damaged.
            StorageUnavailable: The store does not answer.
        """
        try:
            manifest = Manifest.parse(self._files.get(f"{_FOLDER}/{key}/manifest.json"))
        except NotFound:
            return None
        if manifest.key != key:
            raise ModelUnavailable("a shared engine's manifest is of another engine", reason="foreign")
        try:
            return manifest, self._files.get(_engine_key(manifest))
        except NotFound as error:
            raise ModelUnavailable("a shared engine's bytes are missing", reason="damaged") from error

    def leased(self, key: str) -> AbstractContextManager[HeldLease | None]:
        """The right to build an engine; None where another machine builds it."""
        return self._leases.holding(f"engines/{key}")

    def publish(self, manifest: Manifest, engine: bytes, lease: HeldLease) -> None:
        """Offer an engine to all machines.

        Raises:
            StorageUnavailable: The store does not answer, or another machine has the lease by now; nothing is offered.
        """
        lease.check()
        self._files.put(_engine_key(manifest), engine, _ENGINE_TYPE)
        lease.check()
        self._files.put(f"{_FOLDER}/{manifest.key}/manifest.json", manifest.to_json(), "application/json")


def open_shared_engines(settings: Settings) -> SharedEngines:
    """Those in the service's own blob store.

    Raises:
        StorageUnavailable: The store can't be opened.
    """
    store = open_store(settings)
    return SharedEngines(store, Leases(store, _LEASE_S))


def _engine_key(manifest: Manifest) -> str:
    return f"{_FOLDER}/{manifest.key}/{manifest.engine_sha256}.engine"
