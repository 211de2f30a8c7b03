"""Two S3 servers that have nothing in common: moto's, and npm's s3rver."""

import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from services.common.storage_settings import S3Settings

S3RVER = "s3rver@3.7.1"
#: The only key that s3rver knows; moto takes any.
CREDENTIALS = {"access_key_id": "S3RVER", "secret_access_key": "S3RVER"}
BUCKET = "shots"


def settings_for(endpoint, **changes):
    return S3Settings(**{"bucket": BUCKET, "prefix": "studio", "endpoint_url": endpoint, **CREDENTIALS, **changes})


@contextmanager
def moto_server():
    """moto behind a socket; gives its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    httpx.put(f"http://{host}:{port}/{BUCKET}").raise_for_status()
    yield f"http://{host}:{port}"
    server.stop()


@contextmanager
def s3rver_server(cache, directory):
    """s3rver behind a socket; gives its address.

    Args:
        cache: Folder where its package is kept from one run to the next.
        directory: Where its objects lie.
    """
    command = ["node", _installed(cache), "--directory", directory, "--port", "0", "--configure-bucket", BUCKET]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        for line in server.stdout:
            if "listening on" in line:
                break
        yield f"http://127.0.0.1:{line.rpartition(':')[2].strip()}"
        server.terminate()


def _installed(cache):
    program = Path(cache) / S3RVER / "node_modules" / "s3rver" / "bin" / "s3rver.js"
    if program.exists():
        return program
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm, which brings the second S3 server, is not installed")
    with tempfile.TemporaryDirectory(dir=cache) as fresh:
        command = [npm, "install", "--prefix", fresh, "--ignore-scripts", "--no-audit", "--no-fund", "--silent", S3RVER]
        subprocess.run(command, check=True, timeout=240)
        shutil.copytree(fresh, Path(cache) / S3RVER, dirs_exist_ok=True)
    return program
