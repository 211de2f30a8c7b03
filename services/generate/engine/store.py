"""Engines on this machine, and how they get there: built once, or fetched from where all machines share them.

engines/<key>/engine, manifest.json     published by renaming the folder, so both or neither
incoming/<key>.<random>/                being built; left by a crash, removed by the next builder
quarantine/<key>.json                   why an engine is not to be used
locks/<key>.lock                        so that replicas on one machine build once
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from services.common.errors import ModelUnavailable, VitrineError
from services.common.logs import logger
from services.generate.engine.manifest import Manifest
from services.generate.engine.shared import HeldLease, SharedEngines
from services.generate.engine.spec import EngineSpec

#: Writes an engine to a path.
Build = Callable[[Path], None]
_WRONG: Final = {"damaged", "foreign"}


@dataclass(frozen=True)
class StoredEngine:
    """An engine whose bytes were checked: these very bytes are to be deserialised, not the file again."""

    manifest: Manifest
    data: bytes


@dataclass(frozen=True)
class Entry:
    """What lies under one key; no manifest where it is damaged."""

    key: str
    manifest: Manifest | None
    used_at_s: float
    quarantined: str = ""


class EngineStore:
    """Engines by key. Any number of threads and processes may use it; none is ever given a wrong engine.

    Args:
        root: The directory; made at the first write.
        shared: What all machines share; None = nothing.
        driver: Of this machine; empty without a GPU.
        now: Unix time in seconds.
    """

    def __init__(
        self, root: Path, shared: SharedEngines | None = None, driver: str = "", now: Callable[[], float] = time.time
    ) -> None:
        self._root = root
        self._shared = shared
        self._driver = driver
        self._now = now
        self._log = logger(part="engines")

    def load(self, spec: EngineSpec) -> StoredEngine | None:
        """The engine, from here or from where it is shared; None where there is none that may be used.

        Raises:
            ModelUnavailable: It was built with a later driver than this machine has, or is quarantined.
            StorageUnavailable: The shared store does not answer.
        """
        key = spec.key()
        self._refuse_quarantined(key)
        found = self._read(spec)
        return found or self._fetch(spec)

    def build(self, spec: EngineSpec, build: Build) -> StoredEngine | None:
        """The engine; built where neither this machine nor another has it.

        Args:
            spec: What is wanted.
            build: Writes it to a path; its errors pass.

        Returns:
            None where another process or machine is building it: serve something else and come back.

        Raises:
            ModelUnavailable: See `load`.
            StorageUnavailable: The shared store does not answer, or the lease was lost; nothing is published.
        """
        with self._locked(spec.key()) as mine:
            if not mine:
                return None
            found = self.load(spec)
            if found or self._shared is None:
                return found or self._build(spec, build, None)
            with self._shared.leased(spec.key()) as lease:
                if lease is None:
                    return None
                # Another may have published between our look and our lease.
                return self._fetch(spec) or self._build(spec, build, lease)

    def quarantine(self, spec: EngineSpec, reason: str) -> None:
        """Never use this engine on this machine; its bytes go."""
        path = self._quarantine(spec.key())
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, json.dumps({"reason": reason}).encode())
        shutil.rmtree(self._entry(spec.key()), ignore_errors=True)

    def release(self, key: str) -> None:
        """Let a quarantined engine be built or fetched again."""
        self._quarantine(key).unlink(missing_ok=True)

    def entries(self) -> list[Entry]:
        """All that lies here, the longest unused first."""
        entries = [self._described(folder) for folder in sorted((self._root / "engines").glob("*"))]
        entries += [
            Entry(path.stem, None, path.stat().st_mtime, self._quarantined(path.stem) or "")
            for path in sorted((self._root / "quarantine").glob("*.json"))
        ]
        return sorted(entries, key=lambda entry: entry.used_at_s)

    def verify(self, key: str) -> None:
        """Read every byte of an engine.

        Raises:
            ModelUnavailable: It is damaged or missing.
        """
        found = self._files(key)
        if found is None:
            raise ModelUnavailable(f"there is no engine {key[:12]} here", reason="missing")
        manifest, engine = found
        manifest.check_bytes(engine)

    def prune(self, max_bytes: int) -> list[str]:
        """Remove engines here, the longest unused first, until the rest takes no more than `max_bytes`.

        Returns:
            Their keys.
        """
        entries = [entry for entry in self.entries() if not entry.quarantined]
        total = sum(_size_bytes(self._entry(entry.key)) for entry in entries)
        removed = []
        for entry in entries:
            if total <= max_bytes:
                break
            with self._locked(entry.key) as mine:
                if mine:
                    total -= _size_bytes(self._entry(entry.key))
                    shutil.rmtree(self._entry(entry.key), ignore_errors=True)
                    removed.append(entry.key)
        return removed

    def _build(self, spec: EngineSpec, build: Build, lease: HeldLease | None) -> StoredEngine:
        key = spec.key()
        for left in (self._root / "incoming").glob(f"{key}.*"):
            shutil.rmtree(left, ignore_errors=True)  # by a crash: we hold the lock
        with self._incoming(key) as folder:
            build(folder / "engine")
            engine = (folder / "engine").read_bytes()
            manifest = Manifest.of(spec, engine, self._driver, self._now())
            if self._shared is not None and lease is not None:
                self._shared.publish(manifest, engine, lease)
            self._publish(folder, manifest)
        self._log.info("engine built", key=key, size_bytes=len(engine))
        return StoredEngine(manifest, engine)

    def _fetch(self, spec: EngineSpec) -> StoredEngine | None:
        """From the shared store; a wrong one there is as good as none, and is replaced by the next build."""
        try:
            shared = self._shared.fetch(spec.key()) if self._shared else None
            if shared is None:
                return None
            manifest, engine = shared
            manifest.check(spec, engine, self._driver)
        except ModelUnavailable as error:
            self._pass_over(error, spec.key(), "shared")
            return None
        with self._incoming(spec.key()) as folder:
            (folder / "engine").write_bytes(engine)
            self._publish(folder, manifest)
        return StoredEngine(manifest, engine)

    def _read(self, spec: EngineSpec) -> StoredEngine | None:
        """From this machine; a wrong one is removed."""
        try:
            found = self._files(spec.key())
            if found is None:
                return None
            manifest, engine = found
            manifest.check(spec, engine, self._driver)
        except ModelUnavailable as error:
            self._pass_over(error, spec.key(), "here")
            shutil.rmtree(self._entry(spec.key()), ignore_errors=True)
            return None
        os.utime(self._entry(spec.key()), (self._now(), self._now()))
        return StoredEngine(manifest, engine)

    def _files(self, key: str) -> tuple[Manifest, bytes] | None:
        folder = self._entry(key)
        if not folder.is_dir():
            return None
        try:
            return Manifest.parse((folder / "manifest.json").read_bytes()), (folder / "engine").read_bytes()
        except FileNotFoundError as error:
            if not folder.is_dir():
                return None  # somebody removed it meanwhile
            raise ModelUnavailable("a stored engine is not whole", reason="damaged") from error

    def _publish(self, folder: Path, manifest: Manifest) -> None:
        """Make a folder the engine, in one step, so that a crash leaves all of it or nothing."""
        _write(folder / "manifest.json", manifest.to_json())
        _sync(folder / "engine")
        _sync(folder)
        entry = self._entry(manifest.key)
        entry.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(entry)
        except OSError:
            # A reader fetched the same meanwhile; whichever lies there was checked by who put it.
            if not entry.is_dir():
                raise
        _sync(entry.parent)

    def _pass_over(self, error: VitrineError, key: str, where: str) -> None:
        if error.details.get("reason") not in _WRONG:
            raise error
        self._log.error("engine passed over", key=key, where=where, reason=error.message)

    def _refuse_quarantined(self, key: str) -> None:
        reason = self._quarantined(key)
        if reason is not None:
            raise ModelUnavailable(f"the engine is quarantined: {reason}", reason="quarantined")

    def _quarantined(self, key: str) -> str | None:
        try:
            return str(json.loads(self._quarantine(key).read_bytes())["reason"])
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError):
            return "its record can't be read"

    def _described(self, folder: Path) -> Entry:
        try:
            manifest: Manifest | None = Manifest.parse((folder / "manifest.json").read_bytes())
        except (ModelUnavailable, OSError):
            manifest = None
        return Entry(folder.name, manifest, folder.stat().st_mtime)

    def _entry(self, key: str) -> Path:
        return self._root / "engines" / key

    def _quarantine(self, key: str) -> Path:
        return self._root / "quarantine" / f"{key}.json"

    @contextmanager
    def _incoming(self, key: str) -> Iterator[Path]:
        """A folder on the same file system that is gone afterwards, unless it was renamed."""
        parent = self._root / "incoming"
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{key}.", dir=parent))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _locked(self, key: str) -> Iterator[bool]:
        """Whether the lock is ours; the system gives it back when its holder dies."""
        parent = self._root / "locks"
        parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(parent / f"{key}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()


def _size_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*"))


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    """What was written lasts only once the file, or the folder that lists it, is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
