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
    assert len(COMMANDS) >= 12


def operation_of(words):
    """What a command asks for, and the query of its address."""
    address = urlsplit(next(word for word in words if word.startswith("http://")))
    verbs = [word for option, word in itertools.pairwise(words) if option == "-X"]
    [verb] = verbs or ["POST" if {"-d", "-F"} & set(words) else "GET"]
    [path] = [path for path in OPENAPI["paths"] if re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), address.path)]
    return OPENAPI["paths"][path][verb.lower()], address.query


def fields_of(operation, kind):
    """What a body may hold."""
    schema = operation["requestBody"]["content"][kind]["schema"]
    name = schema.get("$ref", "").rpartition("/")[2]
    return set((OPENAPI["components"]["schemas"][name] if name else schema)["properties"])


@pytest.mark.parametrize("command", COMMANDS)
def test_command_names_what_there_is(command):
    words = shlex.split(command)
    operation, query = operation_of(words)
    given = {word.partition("=")[0] for option, word in itertools.pairwise(words) if option == "-F"}
    sent = next((json.loads(word) for option, word in itertools.pairwise(words) if option == "-d"), {})
    if given or sent:
        assert given | set(sent) <= fields_of(operation, "application/json" if sent else "multipart/form-data")
    assert {name for name, _ in parse_qsl(query)} <= {each["name"] for each in operation.get("parameters", ())}
    accepted = [word.partition(": ")[2] for word in words if word.startswith("Accept: ")]
    answers = operation["responses"]
    kinds = {kind for status in ("200", "201", "202") for kind in answers.get(status, {}).get("content", ())}
    assert set(accepted) <= kinds | {f"{kind.partition('/')[0]}/*" for kind in kinds}
