"""From what the catalogue and the settings say to sources that can be fetched from."""

import ssl
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import boto3

from services.models.catalog import FileEntry, HttpsSpec, HubSpec, NpmSpec, PathSpec, S3Spec, SourceSpec, WheelSpec
from services.models.sources.https import HttpsSource
from services.models.sources.hub import hub_url
from services.models.sources.npm import NpmPackages, NpmSource
from services.models.sources.path import PathSource
from services.models.sources.s3 import S3Source
from services.models.sources.source import Source
from services.models.sources.wheels import Wheels, WheelSource


class SourceOpener:
    """Opens sources.

    Args:
        packages: Where npm archives are kept.
        wheels: Where Python wheels are kept.
        tls: Trusted certificates for https; None = the platform's usual ones.
        s3_client: Makes the client for s3:// sources; boto3's own settings by default.
    """

    def __init__(
        self,
        packages: NpmPackages,
        wheels: Wheels,
        tls: ssl.SSLContext | None = None,
        s3_client: Callable[[], Any] = lambda: boto3.client("s3"),
    ) -> None:
        self._packages = packages
        self._wheels = wheels
        self._tls = tls
        self._s3_client = s3_client

    def open(self, spec: SourceSpec) -> Source:
        """The source that a catalogue entry names."""
        match spec:
            case NpmSpec():
                return NpmSource(spec, self._packages)
            case WheelSpec():
                return WheelSource(spec, self._wheels)
            case HttpsSpec(url=url):
                return HttpsSource(url, self._tls)
            case S3Spec(bucket=bucket, key=key):
                return S3Source(bucket, key, self._s3_client)
            case PathSpec(path=path):
                return PathSource(path)
            case HubSpec():
                return HttpsSource(hub_url(spec), self._tls)

    def open_mirror(self, mirror: str, sha256: str) -> Source:
        """A file of the mirror: a directory, an https:// or an s3:// prefix, where files are named by their digest.

        Raises:
            ValueError: The mirror has another scheme.
        """
        scheme, separator, rest = mirror.partition("://")
        if not separator:
            return PathSource(Path(mirror).expanduser() / sha256)
        if scheme == "https":
            return HttpsSource(f"{mirror.rstrip('/')}/{sha256}", self._tls)
        if scheme == "s3":
            bucket, _, prefix = rest.partition("/")
            return S3Source(bucket, "/".join(filter(None, (prefix.strip("/"), sha256))), self._s3_client)
        raise ValueError(f"models.mirror must be a directory, https:// or s3://, got {scheme}://")

    def release(self, wanted: Iterable[FileEntry]) -> None:
        """Delete what sources keep between fetches and no wanted entry needs."""
        specs = [spec for entry in wanted for spec in entry.sources]
        self._packages.prune(spec for spec in specs if isinstance(spec, NpmSpec))
        self._wheels.prune(spec for spec in specs if isinstance(spec, WheelSpec))
