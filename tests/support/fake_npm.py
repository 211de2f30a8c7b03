"""An npm that packs what a test gives it."""

import io
import tarfile


def archive(members):
    """A package archive.

    Args:
        members: (name, content) pairs, the name as it shall stand in the archive; content may also be a ready TarInfo.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members:
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
                continue
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


class FakeNpm:
    """An executable that answers `npm pack` with a ready archive and notes each call.

    Args:
        directory: Where it is written.
        packed: The archive's bytes.
    """

    def __init__(self, directory, packed=b""):
        directory.mkdir(parents=True, exist_ok=True)
        self._packed = directory / "packed.tgz"
        self._calls = directory / "calls.txt"
        self._calls.touch()
        self.path = directory / "npm"
        self.pack(packed)

    def pack(self, packed):
        """From now on, succeed with these bytes."""
        self._packed.write_bytes(packed)
        self._write(f'sleep 0.2; cp "{self._packed}" ./made-up-name.tgz')

    def fail(self, complaint):
        """From now on, print that and fail."""
        self._write(f"echo '{complaint}' >&2; exit 1")

    def _write(self, action):
        self.path.write_text(f'#!/bin/sh\necho "$@" >> "{self._calls}"\n{action}\n')
        self.path.chmod(0o755)

    @property
    def calls(self):
        """The arguments of every call."""
        return self._calls.read_text().splitlines()
