import boto3
import pytest
from moto.server import ThreadedMotoServer

from services.common.errors import ModelUnavailable
from services.models.sources.s3 import S3Source

CONTENT = bytes(range(256)) * 9000
SIZE = len(CONTENT)
ACCOUNT = {"region_name": "us-east-1", "aws_access_key_id": "id", "aws_secret_access_key": "hush"}


@pytest.fixture(scope="module")
def client():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", **ACCOUNT)
    client.create_bucket(Bucket="models")
    client.put_object(Bucket="models", Key="some/key", Body=CONTENT)
    yield client
    client.close()
    server.stop()


def fetch(client, target, bucket="models", key="some/key", size_bytes=SIZE):
    seen = []
    S3Source(bucket, key, lambda: client).fetch(target, size_bytes, lambda done, _: seen.append(done))
    return seen


def test_object_is_downloaded_with_progress(client, tmp_path):
    seen = fetch(client, tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == CONTENT
    assert seen[-1] == len(CONTENT)


@pytest.mark.parametrize("place", [{"key": "none"}, {"bucket": "nobodys"}], ids=["key", "bucket"])
def test_missing_object_is_told(client, tmp_path, place):
    with pytest.raises(ModelUnavailable, match="NoSuch"):
        fetch(client, tmp_path / "part", **place)


@pytest.mark.parametrize("difference", [-1, 1])
def test_object_of_another_size_is_refused(client, tmp_path, difference):
    with pytest.raises(ModelUnavailable, match="bytes"):
        fetch(client, tmp_path / "part", size_bytes=SIZE + difference)


def test_store_that_does_not_answer_is_told_without_its_name(tmp_path):
    client = boto3.client("s3", endpoint_url="http://127.0.0.1:9", **ACCOUNT)
    with pytest.raises(ModelUnavailable, match="can't be read") as refused:
        fetch(client, tmp_path / "part")
    assert "127.0.0.1" not in refused.value.message
