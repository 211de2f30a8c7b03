"""`/metrics` is the operator's."""

import httpx
import pytest
from fastapi import FastAPI

from services.common.errors import Unauthenticated
from services.gateway.metrics_page import MetricsPage


class FakeExporter:
    """Tells one figure."""

    async def page(self):
        return b"vitrine_jobs 1\n"


async def read(key="", peer="127.0.0.1", **headers):
    app = FastAPI()
    app.include_router(MetricsPage(FakeExporter(), key).router())
    transport = httpx.ASGITransport(app, client=(peer, 4000))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        return await client.get("/metrics", headers=headers)


async def test_page_is_told_on_this_machine_where_no_key_is_set():
    answer = await read()
    assert answer.text == "vitrine_jobs 1\n"
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


async def test_key_is_all_that_counts_where_one_is_set():
    assert (await read("s3cret", "203.0.113.9", authorization="Bearer s3cret")).status_code == 200


@pytest.mark.parametrize(
    ("key", "peer", "headers"),
    [("", "203.0.113.9", {}), ("", "203.0.113.9", {"authorization": "Bearer "}), ("s3cret", "127.0.0.1", {}),
     ("s3cret", "127.0.0.1", {"authorization": "Bearer wrong"}), ("s3cret", "127.0.0.1", {"authorization": "s3cret"})],
    ids=["elsewhere", "empty key", "no key", "wrong key", "no bearer"],
)  # fmt: skip
async def test_others_are_refused(key, peer, headers):
    with pytest.raises(Unauthenticated, match="metrics_key"):
        await read(key, peer, **headers)
