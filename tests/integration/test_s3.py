"""The whole service with its blobs in a bucket, and photos that it fetches itself."""

import json
import sys

import httpx

from services.storage.s3 import S3Blobs
from tests.support.child_service import child_service
from tests.support.running_service import PATIENCE_S, free_ports
from tests.support.s3_servers import BUCKET, CREDENTIALS, moto_server, settings_for
from tests.support.tls_files import TlsFiles

#: Moto's buckets are the process's; other tests write into them too.
PREFIX = "fetched"


def served(environment, log_path):
    """Base URL of `vitrine serve` in a process of its own."""
    http, grpc_port, metrics = free_ports(3)
    ports = {"HTTP__PORT": http, "GRPC__PORT": grpc_port, "RAY__METRICS_PORT": metrics}
    variables = {f"VITRINE_{name}": str(value) for name, value in (ports | environment).items()}
    command = [sys.executable, "-m", "services.cli", "serve"]
    return child_service(command, variables, log_path, f"http://127.0.0.1:{http}")


def test_shot_of_photos_from_elsewhere_lies_in_the_bucket(photo, tmp_path, monkeypatch):
    with moto_server() as endpoint, TlsFiles(photo) as files:
        files.headers = {"Content-Type": "image/jpeg"}
        (tmp_path / "ca.pem").write_text(files.ca_pem)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        blobs = S3Blobs(settings_for(endpoint, prefix=PREFIX), url_ttl_s=60)
        blobs.put("inputs/cup.jpg", photo, "image/jpeg")
        environment = {
            "DATA_DIR": tmp_path / "data",
            "STORAGE__BACKEND": "s3",
            "STORAGE__INPUTS": json.dumps({"local": [f"{BUCKET}/{PREFIX}/inputs"]}),
            "STORAGE__S3__BUCKET": BUCKET,
            "STORAGE__S3__PREFIX": PREFIX,
            "STORAGE__S3__ENDPOINT_URL": endpoint,
            **{f"STORAGE__S3__{name.upper()}": value for name, value in CREDENTIALS.items()},
            "FETCH__TRUSTED_HOSTS": json.dumps([f"localhost:{files.port}"]),
        }
        with served(environment, tmp_path / "log") as base_url:
            body = {"scene_id": "white", "seed": 1, "output": {"inline": True}}
            sources = (f"s3://{BUCKET}/{PREFIX}/inputs/cup.jpg", files.url)
            shots = [shot(base_url, body | {"image": {"url": url}}).json() for url in sources]
            for each in shots:
                assert blobs.get(each["image"]["key"]) == httpx.get(each["image"]["url"]).content
            again = shot(base_url, body | {"image": {"blob_key": shots[0]["image"]["key"]}})
            assert again.status_code == 200
            refused = shot(base_url, body | {"image": {"url": f"s3://{BUCKET}/{PREFIX}/{shots[0]['image']['key']}"}})
            assert (refused.status_code, refused.json()["details"]["field"]) == (403, "image.url")
        assert shots[0]["recipe_sha256"] == shots[1]["recipe_sha256"]
        assert len(list(blobs.under("shots"))) == 3


def shot(base_url, body):
    return httpx.post(f"{base_url}/v1/shots", json=body, timeout=PATIENCE_S)
