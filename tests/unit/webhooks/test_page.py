"""docs/webhooks.md: its example verifies, its events are all there are, its routes and calls exist."""

import http.server
import re
import threading
from pathlib import Path

import pytest

from services.client.webhooks import Webhooks
from services.common.job_settings import WebhookSettings
from services.gateway.openapi import document
from services.pb.vitrine.v1 import webhooks_pb2
from services.webhooks.events import Event
from services.webhooks.schema import Letter
from services.webhooks.secret import draw_secret
from services.webhooks.sender import Sender
from tests.support.gateway_parts import Parts

PAGE = Path("docs/webhooks.md").read_text("utf-8")
[EXAMPLE] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SECRET = re.search(r"whsec_\w+", EXAMPLE)[0]


@pytest.fixture
def running(monkeypatch):
    """The example's server, at a free port."""
    made = []

    class Free(http.server.HTTPServer):
        def __init__(self, _, handler):
            super().__init__(("127.0.0.1", 0), handler)
            made.append(self)

        def serve_forever(self):
            threading.Thread(target=super().serve_forever, args=(0.01,), daemon=True).start()

    monkeypatch.setattr(http.server, "HTTPServer", Free)
    monkeypatch.setattr(http.server.BaseHTTPRequestHandler, "log_message", lambda *_: None)
    exec(EXAMPLE, {})  # noqa: S102 # the page's own code
    yield f"127.0.0.1:{made[0].server_port}"
    made[0].shutdown()
    made[0].server_close()


@pytest.mark.parametrize(("secret", "status"), [(SECRET, 204), (draw_secret(), 401)], ids=["ours", "another"])
async def test_example_of_the_page_takes_what_is_signed_with_its_secret(running, capsys, secret, status):
    letter = Letter("msg_1", "c", "wh_1", "acme", f"http://{running}/", '{"type":"job.done","data":{}}', (secret,))
    receipt = await Sender(WebhookSettings(trusted_hosts=[running])).send(letter)
    assert receipt.status == status
    assert ("msg_1 job.done {}" in capsys.readouterr().out) == (status == 204)


def test_page_tells_every_event():
    assert set(re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", PAGE, re.MULTILINE)) == set(Event)


def test_page_tells_every_call():
    rows = re.findall(r"^\| [^|]+ \| `(\w+)` \| `(\w+) (/v1/\S+)` \| `(\w+)\(.*\)` \|$", PAGE, re.MULTILINE)
    methods, verbs, paths, names = zip(*rows, strict=True)
    assert set(methods) == set(webhooks_pb2.DESCRIPTOR.services_by_name["WebhookService"].methods_by_name)
    assert set(names) == {name for name in vars(Webhooks) if not name.startswith("_")}
    routes = document(Parts().http_app())["paths"]
    told = {(verb.lower(), path) for path, item in routes.items() for verb in item if "webhook" in path}
    assert set(zip(map(str.lower, verbs), paths, strict=True)) == told
