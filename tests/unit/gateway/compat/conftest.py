"""A client of the dialects over a real ASGI stack."""

import httpx
import pytest

from tests.support.gateway_parts import PUBLIC_URL, Parts


@pytest.fixture
def parts(tmp_path):
    return Parts(tmp_path)


@pytest.fixture
def client(tmp_path, parts):
    def connect(made=parts, peer="127.0.0.1", **options):
        made = Parts(tmp_path, **options) if options else made
        transport = httpx.ASGITransport(made.http_app(), client=(peer, 4000))
        return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)

    return connect
