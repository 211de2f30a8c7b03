"""An S3 that errs, stalls, truncates and loses answers: nothing stored is lost, and every call answers in time.

No test here measures time: a call that overslept its deadline would wait for the proxy's end, and so for ever.
"""

import hashlib

import httpx
import pytest

from services.common.deadline import Deadline
from services.common.errors import DeadlineExceeded, NotFound, StorageUnavailable
from services.common.image import ImageFormat
from services.postprocess.draft import Draft
from services.storage.lease import Leases
from services.storage.s3 import S3Blobs
from tests.support.fault_proxy import FaultProxy
from tests.support.s3_servers import BUCKET, moto_server, settings_for

#: A stalled call's own bound is far longer than the deadlines here, so only these can end it.
LONG_S, SHORT_S = 30, 0.5
PARTS = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range((11 << 20) // 32))


@pytest.fixture(scope="module")
def endpoint():
    with moto_server() as url:
        yield url


@pytest.fixture(scope="module")
def opened(endpoint):
    with FaultProxy(endpoint) as proxy:
        yield proxy, S3Blobs(settings_for(proxy.url, timeout_s=LONG_S, part_mb=5), 60)


@pytest.fixture
def proxy(opened):
    opened[0].reset()
    return opened[0]


@pytest.fixture
def blobs(opened, proxy):
    opened[1].delete([each.key for each in opened[1].under("")])
    proxy.reset()
    return opened[1]


@pytest.fixture
def own(endpoint, tmp_path, request):
    """A proxy and a store of the test's own, where calls that were given up may still be on their way."""
    changes = getattr(request, "param", {})
    with FaultProxy(endpoint) as proxy:
        settings = settings_for(proxy.url, timeout_s=LONG_S, part_mb=5, prefix=tmp_path.name, **changes)
        yield proxy, S3Blobs(settings, url_ttl_s=60)


@pytest.mark.parametrize("fault", ["error", "refuse", "truncate", "damage"])
def test_read_that_fails_once_is_repeated(blobs, proxy, fault):
    blobs.put("a.bin", b"the bytes", "text/plain")
    proxy.faults = [fault]
    assert blobs.get("a.bin") == b"the bytes"


@pytest.mark.parametrize("fault", ["error", "refuse", "lose answer"])
def test_write_that_fails_once_is_repeated(blobs, proxy, fault):
    proxy.faults = [fault]
    blobs.put("a.bin", b"the bytes", "text/plain")
    assert blobs.get("a.bin") == b"the bytes"


@pytest.mark.parametrize("fault", ["error", "refuse", "truncate", "damage"])
def test_read_that_goes_on_failing_is_given_up_and_told(blobs, proxy, fault):
    blobs.put("a.bin", b"the bytes", "text/plain")
    proxy.faults = [fault] * 3
    with pytest.raises(StorageUnavailable):
        blobs.get("a.bin")
    assert len(proxy.requests) == 1 + 3
    assert blobs.get("a.bin") == b"the bytes"


@pytest.mark.parametrize("fault", ["error", "refuse"])
def test_failed_replacement_leaves_what_was_there(blobs, proxy, fault):
    blobs.put("a.bin", b"first", "text/plain")
    proxy.faults = [fault] * 3
    with pytest.raises(StorageUnavailable):
        blobs.put("a.bin", b"second", "text/plain")
    assert blobs.get("a.bin") == b"first"


@pytest.mark.parametrize("fault", ["stall", "stall body", "trickle"])
def test_stalled_read_ends_with_its_deadline(own, fault):
    proxy, blobs = own
    blobs.put("a.bin", bytes(4000), "text/plain")
    proxy.faults = [fault]
    with pytest.raises(DeadlineExceeded):
        blobs.get("a.bin", Deadline.after(SHORT_S))
    assert blobs.get("a.bin") == bytes(4000)


def test_every_stalled_call_ends_with_its_deadline(own, tmp_path):
    proxy, blobs = own
    (tmp_path / "in").write_bytes(b"x")
    for call in (
        lambda deadline: blobs.put("a.bin", b"x", "text/plain", deadline),
        lambda deadline: blobs.put_file("a.bin", tmp_path / "in", "text/plain", deadline),
        lambda deadline: blobs.get_file("a.bin", tmp_path / "out", deadline),
        lambda deadline: blobs.head("a.bin", deadline),
        lambda deadline: list(blobs.under("", deadline)),
        lambda deadline: blobs.delete(["a.bin"], deadline),
        lambda deadline: blobs.put_if("a.bin", b"x", None, deadline),
    ):
        proxy.faults = ["stall"]
        with pytest.raises(DeadlineExceeded):
            call(Deadline.after(0.2))
    assert not (tmp_path / "out").exists()


def test_result_that_stalls_on_its_way_into_the_store_ends_with_its_request_and_leaves_nothing(own):
    proxy, blobs = own
    proxy.faults = ["ok", "stall"]

    def finish(deadline):
        with Draft.within(blobs, deadline) as draft:
            draft.put("shots/a.png", b"the picture", ImageFormat.PNG)
            draft.put("shots/a-alpha.png", b"its layer", ImageFormat.PNG)

    with pytest.raises(DeadlineExceeded):
        finish(Deadline.after(SHORT_S))
    assert list(blobs.under("shots")) == []


@pytest.mark.parametrize("own", [{"max_connections": 1}], indirect=True)
def test_call_that_waits_for_a_stalled_one_ends_with_its_deadline(own):
    proxy, blobs = own
    proxy.faults = ["stall"]
    for _ in range(2):
        with pytest.raises(DeadlineExceeded):
            blobs.head("a.bin", Deadline.after(SHORT_S))
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("fault", ["error", "refuse", "truncate"])
def test_large_file_arrives_whole_though_a_part_fails(blobs, proxy, tmp_path, fault):
    (tmp_path / "in").write_bytes(PARTS)
    proxy.faults = ["ok", fault] if fault != "truncate" else []
    blobs.put_file("a.bin", tmp_path / "in", "text/plain")
    proxy.faults = ["ok", fault]
    blobs.get_file("a.bin", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == PARTS


def test_large_file_that_cannot_be_stored_leaves_no_parts_and_what_was_there(blobs, proxy, endpoint, tmp_path):
    blobs.put("a.bin", b"first", "text/plain")
    (tmp_path / "in").write_bytes(PARTS)
    proxy.fault_of = {"partNumber=2": "error"}
    with pytest.raises(StorageUnavailable):
        blobs.put_file("a.bin", tmp_path / "in", "text/plain")
    assert blobs.get("a.bin") == b"first"
    assert "<Key>studio/a.bin</Key>" not in httpx.get(f"{endpoint}/{BUCKET}?uploads").text


def test_upload_that_stalls_ends_with_its_deadline(own, tmp_path):
    proxy, blobs = own
    (tmp_path / "in").write_bytes(PARTS)
    proxy.fault_of = {"partNumber=2": "stall"}
    with pytest.raises(DeadlineExceeded):
        blobs.put_file("a.bin", tmp_path / "in", "text/plain", Deadline.after(SHORT_S))
    with pytest.raises(NotFound):
        blobs.get("a.bin")


def test_damaged_large_file_is_not_left_behind(blobs, proxy, tmp_path):
    (tmp_path / "in").write_bytes(PARTS)
    blobs.put_file("a.bin", tmp_path / "in", "text/plain")
    proxy.faults = ["ok", "damage"]
    with pytest.raises(StorageUnavailable, match="damaged"):
        blobs.get_file("a.bin", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_conditional_write_whose_answer_is_lost_is_known_as_ones_own(blobs, proxy):
    proxy.faults = ["lose answer"]
    version = blobs.put_if("a.json", b"mine", None)
    assert blobs.put_if("a.json", b"next", version) is not None


def test_lease_whose_answer_is_lost_is_held_once(blobs, proxy):
    leases = Leases(blobs, ttl_s=60)
    proxy.faults = ["ok", "lose answer"]
    assert leases.acquire("build") is not None
    assert leases.acquire("build") is None


def test_missing_key_is_told_at_once(blobs, proxy):
    with pytest.raises(NotFound):
        blobs.get("a.bin")
    assert len(proxy.requests) == 1
