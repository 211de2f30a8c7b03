"""Every curl command of the documents asks for what the service has: paths, query, form fields, kinds of answers."""

import itertools
import json
import re
import shlex
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from services.gateway.openapi import document
from tests.support.gateway_parts import Parts

DOCUMENTS = [Path("README.md"), *sorted(Path("docs").glob("*.md"))]
BLOCKS = [block for file in DOCUMENTS for block in re.findall(r"```\w*\n(.*?)```", file.read_text("utf-8"), re.DOTALL)]
COMMANDS = [
    line
    for block in BLOCKS
    for line in block.replace("\\\n", " ").splitlines()
    if line.startswith("curl ") and "/v1" in line
]
OPENAPI = document(Parts().http_app())


def test_documents_have_commands():
    assert len(COMMANDS) >= 4


@pytest.mark.parametrize("command", COMMANDS)
def test_command_names_what_there_is(command):
    words = shlex.split(command)
    address = urlsplit(next(word for word in words if word.startswith("http://")))
    operation = OPENAPI["paths"][address.path]["post"]
    given = {word.partition("=")[0] for option, word in itertools.pairwise(words) if option == "-F"}
    sent = next((json.loads(word) for option, word in itertools.pairwise(words) if option == "-d"), {})
    schema = operation["requestBody"]["content"]["application/json" if sent else "multipart/form-data"]["schema"]
    assert given | set(sent) <= set(schema["properties"])
    assert {name for name, _ in parse_qsl(address.query)} <= {each["name"] for each in operation.get("parameters", ())}
    [accept] = [word.partition(": ")[2] for word in words if word.startswith("Accept: ")] or ["application/json"]
    kinds = set(operation["responses"]["200"]["content"])
    assert accept in kinds | {f"{kind.partition('/')[0]}/*" for kind in kinds}
