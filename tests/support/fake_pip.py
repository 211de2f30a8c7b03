"""A pip that downloads what a test gives it."""

import io
import zipfile


def wheel(*members):
    """A wheel of (name, content) pairs; a name may also be a ready ZipInfo."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


class FakePip:
    """A program that answers `pip download` with a ready wheel and notes each call.

    Args:
        directory: Where it is written.
    """

    def __init__(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        self._given = directory / "given.whl"
        self._calls = directory / "calls.txt"
        self._wanted = directory / "wanted.txt"
        self.path = directory / "pip"
        self.give(b"")

    def give(self, data):
        """From now on, succeed with these bytes."""
        self._given.write_bytes(data)
        self._write(f'cp "{self._given}" ./made_up-1.0-py3-none-any.whl')

    def fail(self, complaint):
        """From now on, print that and fail."""
        self._write(f"echo '{complaint}' >&2; exit 1")

    def _write(self, action):
        self.path.write_text(f'#!/bin/sh\necho "$@" >> "{self._calls}"\ncat wanted.txt >> "{self._wanted}"\n{action}\n')
        self.path.chmod(0o755)

    @property
    def calls(self):
        """The arguments of every call."""
        return self._calls.read_text().splitlines()

    @property
    def wanted(self):
        """The requirements of every call."""
        return self._wanted.read_text().splitlines()
