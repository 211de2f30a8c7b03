"""Hostile inputs through the real service: results or typed errors, nothing told, nothing left behind."""

import re
import socket
import tempfile
import time
from pathlib import Path

import grpc
import pytest

from services.gateway.status import TABLE
from services.pb.vitrine.v1 import studio_pb2
from tests.support.hostile import HttpInput, hostile_inputs
from tests.support.replicas import pids_of
from tests.support.running_service import PATIENCE_S
from tests.support.wire import send_grpc, send_http

pytestmark = [pytest.mark.service, pytest.mark.timeout(1200)]

DEPLOYMENTS = ("Gateway", "Segment", "Generate", "Postprocess")
#: Told by no answer: a stack, a file of ours, an object's address, this machine.
TELLING = re.compile(
    rf"Traceback|File \"|\.py\b|site-packages|object at 0x|\bpid\b|ray::|{re.escape(socket.gethostname())}"
)
#: Far above the noise of allocators, far below what a kept bomb or a leak per request comes to.
ROOM_MIB = 200


def fault_in(given, answer):
    """What is wrong with an answer, or None."""
    if TELLING.search(answer.text):
        return f"tells too much: {TELLING.search(answer.text).group()}"
    if isinstance(given, HttpInput):
        return http_fault(given, answer)
    if answer.status is grpc.StatusCode.OK:
        return None
    expected = TABLE[answer.code].grpc if answer.code in TABLE else None
    if expected is not answer.status or TABLE[answer.code].http >= 500:
        return f"is {answer.status} with code {answer.code!r}"
    return None


def http_fault(given, answer):
    if given.broken and answer.status in (None, 400):
        return None
    if answer.status is None or answer.status >= 500:
        return f"is {answer.status}"
    if answer.status >= 400 and answer.code not in TABLE:
        return f"is {answer.status} with code {answer.code!r}"
    return None


def memory_mib(pids):
    """Resident memory of each process, what it shares with others not counted."""
    pages = {pid: Path(f"/proc/{pid}/statm").read_text().split() for pid in pids}
    return {pid: (int(each[1]) - int(each[2])) * 4096 >> 20 for pid, each in pages.items()}


def temporary_files(pids):
    """Open files of these processes that `tempfile` made, with a name or without one by now."""
    prefix = str(Path(tempfile.gettempdir(), tempfile.gettempprefix()))
    links = [link for pid in pids for link in Path(f"/proc/{pid}/fd").iterdir()]
    names = [str(link.readlink()) for link in links if link.is_symlink()]
    return [name for name in names if name.startswith(prefix)]


def blobs_of(service):
    root = service.settings.data_dir / "blobs"
    return {path for path in root.rglob("*") if path.is_file()}


def wait_until_small(pids, before):
    limit = time.monotonic() + PATIENCE_S
    while grown := {pid: (before[pid], now) for pid, now in memory_mib(pids).items() if now > before[pid] + ROOM_MIB}:
        assert time.monotonic() < limit, f"memory in MiB, before and after: {grown}"
        time.sleep(0.5)


def test_hostile_inputs_get_results_or_typed_errors_and_leave_nothing(service, photo, pytestconfig):
    count, seed = pytestconfig.getoption("hostile"), pytestconfig.getoption("hostile_seed")
    service.studio.CreateShot(studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white"))
    pids = set().union(*(pids_of(each) for each in DEPLOYMENTS))
    before, blobs = memory_mib(pids), blobs_of(service)
    faults, results = [], 0
    for number, given in enumerate(hostile_inputs(photo, seed, count)):
        over_http = isinstance(given, HttpInput)
        answer = send_http(service.settings.http.port, given) if over_http else send_grpc(service.channel, given)
        if fault := fault_in(given, answer):
            faults.append(f"{number} {given.name} {fault}: {answer.text[-300:]}")
        made = given.path in ("/v1/shots", "/v1/cutouts") if over_http else given.method != "ReadBlob"
        results += made and answer.status in (200, grpc.StatusCode.OK)
    assert not faults, "\n".join(faults)
    assert len(blobs_of(service) - blobs) == results
    assert temporary_files(pids) == []
    assert set().union(*(pids_of(each) for each in DEPLOYMENTS)) == pids, "a replica died of it"
    wait_until_small(pids, before)
