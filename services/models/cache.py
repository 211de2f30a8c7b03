"""Weights and panoramas on this machine: fetched once, checked by digest, shared by all replicas."""

import hashlib
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from services.common.errors import ModelUnavailable
from services.common.logs import logger
from services.common.settings import ModelSettings
from services.models.catalog import ModelCatalog, ModelEntry
from services.models.sources.npm import NpmPackages
from services.models.sources.opener import SourceOpener
from services.models.sources.source import Progress, Source


class ModelCache:
    """Files by digest under one directory.

        files/<sha256><suffix>      finished, published by renaming
        incoming/<sha256>/          being fetched; kept when a download breaks off, at most one file per entry
        packages/                   archives that hold several wanted files
        locks/                      so that replicas starting at once fetch once
        derived/                    what others make from the files (compiled models), safe to delete

    A directory that is complete is never written to, so it may be read-only.

    Args:
        settings: Where the cache lies and where to look first.
        catalog: What can be asked for; the shipped catalogue when absent.
        sources: Opens sources; made from the settings when absent.

    Raises:
        ValueError: The mirror is neither a directory nor https:// nor s3://.
    """

    def __init__(
        self, settings: ModelSettings, catalog: ModelCatalog | None = None, sources: SourceOpener | None = None
    ) -> None:
        self.catalog = ModelCatalog.shipped() if catalog is None else catalog
        self._root = settings.cache_dir
        self._mirror = settings.mirror
        self._sources = sources or SourceOpener(NpmPackages(self._root / "packages"))
        if self._mirror:
            self._sources.open_mirror(self._mirror, "")  # a wrong scheme is said now, not when a file is missing
        self._checked: set[str] = set()
        self._mutex = threading.Lock()
        self._log = logger(part="models")

    def is_cached(self, entry: ModelEntry) -> bool:
        """Whether the file is here with the right size; its digest is checked when it is first used."""
        try:
            return self._file(entry).stat().st_size == entry.size_bytes
        except OSError:
            return False

    def path(self, name: str, progress: Progress | None = None) -> Path:
        """The file of that name, fetched if it is missing or damaged. Safe to call from many threads and processes.

        Args:
            name: Of a catalogue entry.
            progress: Told bytes done and bytes in all while fetching.

        Raises:
            NotFound: The catalogue has no such entry.
            ModelUnavailable: No source gives the file, or the cache can't be written.
        """
        entry = self.catalog.get(name)
        with self._mutex:
            if entry.sha256 in self._checked and self.is_cached(entry):
                return self._file(entry)
            if not self._holds(entry):
                try:
                    self._fetch_once(entry, progress or _silent)
                except OSError as error:
                    raise ModelUnavailable(f"the model cache can't be written: {error.strerror}", model=name) from error
            self._checked.add(entry.sha256)
            return self._file(entry)

    def derived_dir(self, purpose: str) -> Path:
        """A directory for files made from models, such as compiled ones; a private temporary one where the cache is
        read-only.
        """
        directory = self._root / "derived" / purpose
        try:
            directory.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=directory):
                return directory
        except OSError:
            return Path(tempfile.mkdtemp(prefix=f"vitrine-{purpose}-"))

    def _file(self, entry: ModelEntry) -> Path:
        # The suffix stays, because libraries choose their reader by it.
        return self._root / "files" / (entry.sha256 + Path(entry.file).suffix)

    def _holds(self, entry: ModelEntry) -> bool:
        return self.is_cached(entry) and _sha256(self._file(entry)) == entry.sha256

    def _fetch_once(self, entry: ModelEntry, progress: Progress) -> None:
        for directory in ("files", "incoming", "locks"):
            (self._root / directory).mkdir(parents=True, exist_ok=True)
        with FileLock(self._root / "locks" / f"{entry.sha256}.lock"):
            # Another process may have done it while this one waited.
            if not self._holds(entry):
                self._fetch(entry, progress)
        self._sources.release(other for other in self.catalog if not self.is_cached(other))

    def _fetch(self, entry: ModelEntry, progress: Progress) -> None:
        reasons = []
        for place, source in self._candidates(entry):
            try:
                self._fetch_from(source, entry, progress)
            except ModelUnavailable as error:
                self._log.warning("model_source_failed", model=entry.name, source=place, reason=error.message)
                reasons.append(f"{place}: {error.message}")
            else:
                self._log.info("model_fetched", model=entry.name, source=place, size_bytes=entry.size_bytes)
                return
        tried = "; ".join(reasons) or "the catalogue names no source and no mirror is set"
        raise ModelUnavailable(f"{entry.name} can't be fetched. {tried}", model=entry.name)

    def _candidates(self, entry: ModelEntry) -> Iterator[tuple[str, Source]]:
        if self._mirror:
            yield "mirror", self._sources.open_mirror(self._mirror, entry.sha256)
        for spec in entry.sources:
            yield spec.type, self._sources.open(spec)

    def _fetch_from(self, source: Source, entry: ModelEntry, progress: Progress) -> None:
        incoming = self._root / "incoming" / entry.sha256
        incoming.mkdir(exist_ok=True)
        part = incoming / "part"
        source.fetch(part, entry.size_bytes, progress)
        got = _sha256(part)
        if got != entry.sha256:
            shutil.rmtree(incoming)
            # A kept archive may be what is wrong.
            self._sources.release(())
            raise ModelUnavailable(f"the file's sha256 is {got[:12]}…; wanted is {entry.sha256[:12]}…")
        part.replace(self._file(entry))
        shutil.rmtree(incoming)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _silent(done: int, total: int) -> None:
    del done, total
