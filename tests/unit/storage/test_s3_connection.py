import queue
import time

import pytest
from botocore.exceptions import EndpointConnectionError

from services.common.deadline import Deadline
from services.common.errors import DeadlineExceeded, StorageUnavailable
from services.common.storage_settings import S3Settings
from services.storage.s3_connection import S3Connection


@pytest.fixture(scope="module")
def connection():
    """To nowhere: the port is one that nobody may listen on."""
    credentials = {"access_key_id": "id", "secret_access_key": "hush"}
    return S3Connection(S3Settings(endpoint_url="http://127.0.0.1:1", **credentials))


def test_call_that_is_left_behind_asks_nothing_of_the_store_any_more(connection):
    ends = queue.Queue()

    def call(client):
        time.sleep(0.3)
        try:
            client.head_object(Bucket="shots", Key="a")
        except (DeadlineExceeded, EndpointConnectionError) as error:
            ends.put(type(error))
            raise

    with pytest.raises(DeadlineExceeded):
        connection.run("a", Deadline.after(0.1), call)
    assert ends.get(timeout=60) is DeadlineExceeded


def test_call_of_a_caller_who_left_is_not_begun(connection):
    deadline = Deadline.after(60)
    deadline.cancel()
    with pytest.raises(Exception, match="caller left"):
        connection.run("a", deadline, lambda _: pytest.fail("it was begun"))


def test_error_within_the_deadline_is_the_stores(connection):
    with pytest.raises(StorageUnavailable, match="does not answer"):
        connection.run("a", Deadline.after(60), lambda client: client.head_object(Bucket="shots", Key="a"))
