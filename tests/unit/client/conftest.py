import asyncio
from operator import attrgetter

import pytest

from services.client import AsyncVitrine, Vitrine
from tests.support.canned_service import CannedService, RunningService


@pytest.fixture
def service():
    return CannedService()


@pytest.fixture
def address(service):
    with RunningService(service) as running:
        yield running.address


STREAMS = ("stream_shot", "jobs.watch", "jobs.items", "jobs.list", "trainings.watch")


def call_from_a_thread(address, method, *args, api_key="", **options):
    with Vitrine(address, timeout_s=5, api_key=api_key) as vitrine:
        result = attrgetter(method)(vitrine)(*args, **options)
        return list(result) if method in STREAMS else result


def call_from_a_loop(address, method, *args, api_key="", **options):
    async def call():
        async with AsyncVitrine(address, timeout_s=5, api_key=api_key) as vitrine:
            result = attrgetter(method)(vitrine)(*args, **options)
            return [event async for event in result] if method in STREAMS else await result

    return asyncio.run(call())


@pytest.fixture(params=[call_from_a_thread, call_from_a_loop], ids=["blocking", "asyncio"])
def call(request, address):
    """Makes one call of either client, of the same name and arguments; a stream comes as a list."""

    def made(method, *args, **options):
        return request.param(address, method, *args, **options)

    return made
