"""What belongs to one client only: leaving early, cancelling, waiting for a service that starts later."""

import asyncio
import socket
import threading

import pytest
from grpc_health.v1 import health_pb2

from services.client import AsyncVitrine, Vitrine
from services.common.errors import NotReady
from tests.support.canned_service import CannedService, RunningService


def test_leaving_a_stream_early_tells_the_service(service, address):
    with Vitrine(address) as vitrine:
        for _ in vitrine.stream_shot(b"photo", "marble"):
            break
    assert service.cancelled.wait(5)


async def test_cancelling_the_task_tells_the_service(service, address):
    service.delay_s = 0.2

    async def consume():
        async with AsyncVitrine(address) as vitrine:
            async for _ in vitrine.stream_shot(b"photo", "marble"):
                await asyncio.sleep(60)

    task = asyncio.create_task(consume())
    await asyncio.sleep(0.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(service.cancelled.wait, 5)


async def test_calls_of_one_asyncio_client_run_side_by_side(service, address):
    async with AsyncVitrine(address) as vitrine:
        shots = await asyncio.gather(*(vitrine.shot(b"photo", "marble", seed=seed) for seed in range(6)))
    assert [shot.seed for shot in shots] == list(range(6))


def test_wait_ready_waits_until_the_service_says_so(service, address):
    service.health = [health_pb2.HealthCheckResponse.NOT_SERVING, health_pb2.HealthCheckResponse.SERVING]
    with Vitrine(address) as vitrine:
        vitrine.wait_ready(5)
    assert len(service.requests) == 2


def test_wait_ready_gives_up_with_what_the_service_said_last(service, address):
    service.health = [health_pb2.HealthCheckResponse.NOT_SERVING]
    with Vitrine(address) as vitrine, pytest.raises(NotReady, match=r"after 0\.3 s: it says NOT_SERVING"):
        vitrine.wait_ready(0.3)


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def test_wait_ready_begins_before_the_service_does():
    address = f"127.0.0.1:{free_port()}"
    waited = threading.Event()

    def wait():
        with Vitrine(address) as vitrine:
            vitrine.wait_ready(20)
        waited.set()

    threading.Thread(target=wait, daemon=True).start()
    with RunningService(CannedService(), address):
        assert waited.wait(20)


def test_nobody_there_is_not_ready_and_names_the_address():
    address = f"127.0.0.1:{free_port()}"
    with Vitrine(address, max_attempts=1) as vitrine, pytest.raises(NotReady, match=address):
        vitrine.scenes()
