"""Files over HTTPS, resumed where an earlier try broke off."""

import json
import ssl
import time
from pathlib import Path
from urllib.parse import urljoin

import httpx

from services.common.errors import ModelUnavailable
from services.models.sources.download import Download
from services.models.sources.source import Progress

_MAX_REDIRECTS = 5
_TRANSIENT = (httpx.TransportError, httpx.HTTPStatusError)


class HttpsSource:
    """A file at an https address.

    A broken transfer goes on at the byte where it stopped (RFC 9110, 13.1.5 and 14): `Range` with `If-Range`, so a file
    that changed on the server starts anew. That needs a strong validator from the server, which is kept beside the
    partial file; so the next process can go on too.

    Args:
        url: Must begin with https://.
        tls: Trusted certificates and client certificate; None = the platform's usual ones.
        timeout_s: For connecting and between two blocks.
        attempts: Tries before giving up, counted anew when one brings new bytes.
        pause_s: Before the second try; doubles with each.
    """

    def __init__(
        self,
        url: str,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = 30.0,
        attempts: int = 3,
        pause_s: float = 0.5,
    ) -> None:
        self._url = url
        self._tls = tls
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._pause_s = pause_s

    def fetch(self, target: Path, size_bytes: int, progress: Progress) -> None:
        """Download the file, resuming as often as there is progress; see `Source.fetch`."""
        failures = 0
        with httpx.Client(verify=self._tls or True, timeout=self._timeout_s) as client:
            while True:
                had = _size(target)
                try:
                    self._attempt(client, target, size_bytes, progress)
                except _TRANSIENT as error:
                    failures = 1 if _size(target) > had else failures + 1
                    if failures >= self._attempts:
                        raise ModelUnavailable(f"the download broke off ({_reason(error)})") from error
                    time.sleep(self._pause_s * 2 ** (failures - 1))
                else:
                    return

    def _attempt(self, client: httpx.Client, target: Path, size_bytes: int, progress: Progress) -> None:
        bookmark = _Bookmark(target, self._url)
        if bookmark.is_ours() and _size(target) == size_bytes:
            return
        response = self._open(client, bookmark.headers())
        try:
            _check_status(response)
            resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
            _check_extent(response, _size(target) if resumed else 0, size_bytes)
            bookmark.save(response)
            with Download(target, size_bytes, progress, keep=resumed) as download:
                # As it arrives: asked for blocks of one size, httpx drops the incomplete last one when the line breaks.
                for block in response.iter_raw():
                    download.write(block)
                download.finish()
        except ModelUnavailable:
            bookmark.drop()
            raise
        finally:
            response.close()

    def _open(self, client: httpx.Client, headers: dict[str, str]) -> httpx.Response:
        url = self._url
        for _ in range(_MAX_REDIRECTS + 1):
            if not url.startswith("https://"):
                raise ModelUnavailable("the address leaves https; weights come over https only")
            response = client.send(client.build_request("GET", url, headers=headers), stream=True)
            if not response.has_redirect_location:
                return response
            response.close()
            url = urljoin(url, response.headers["Location"])
        raise ModelUnavailable(f"the address redirects more than {_MAX_REDIRECTS} times")


class _Bookmark:
    """The validator of a partial file, kept beside it."""

    def __init__(self, target: Path, url: str) -> None:
        self._target = target
        self._file = target.with_name(f"{target.name}.resume.json")
        self._url = url

    def is_ours(self) -> bool:
        """Whether the partial file came from the same address."""
        return self._saved().get("url") == self._url

    def headers(self) -> dict[str, str]:
        """Request headers: those of a resumption where one is possible."""
        # Compressed answers could not be resumed by the file's own offsets.
        plain = {"Accept-Encoding": "identity"}
        done = _size(self._target)
        if done == 0 or not self.is_ours():
            return plain
        return plain | {"Range": f"bytes={done}-", "If-Range": self._saved()["validator"]}

    def _saved(self) -> dict[str, str]:
        try:
            saved: dict[str, str] = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return saved

    def save(self, response: httpx.Response) -> None:
        """Keep the answer's validator, if it has a strong one."""
        validator = response.headers.get("ETag", "")
        if not validator or validator.startswith("W/"):
            self.drop()
            return
        self._file.write_text(json.dumps({"url": self._url, "validator": validator}), "utf-8")

    def drop(self) -> None:
        self._file.unlink(missing_ok=True)


def _check_status(response: httpx.Response) -> None:
    """Raise `httpx.HTTPStatusError` where a later try may help, else `ModelUnavailable`."""
    code = response.status_code
    if code in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
        return
    if code >= 500 or code in (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS):
        response.raise_for_status()
    raise ModelUnavailable(f"the server does not give the file out (status {code})")


def _check_extent(response: httpx.Response, wanted_start: int, size_bytes: int) -> None:
    """Hold the answer's first byte and the file's size against what is wanted, as far as the server tells.

    Raises:
        ModelUnavailable: They differ.
    """
    if response.status_code == httpx.codes.OK:
        start, total = "0", response.headers.get("Content-Length", "*")
    else:
        # "bytes 100-199/200"; the total may be "*".
        span, _, total = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
        start = span.partition("-")[0]
    if start != str(wanted_start) or total not in ("*", str(size_bytes)):
        raise ModelUnavailable(
            f"the server's file has {total} bytes, sent from byte {start}; wanted are {size_bytes} from {wanted_start}"
        )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _reason(error: Exception) -> str:
    # Not the message, which names hosts.
    return f"status {error.response.status_code}" if isinstance(error, httpx.HTTPStatusError) else type(error).__name__
