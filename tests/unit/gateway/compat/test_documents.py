"""The dialects in the OpenAPI document: their parameters, files as files, and their own errors."""

import pytest

from services.gateway.compat.fields import FORMS
from services.gateway.openapi import document
from tests.support.gateway_parts import Parts

PATHS = document(Parts().http_app())["paths"]


@pytest.mark.parametrize(
    ("path", "kinds", "errors"),
    [
        ("/v1.0/removebg", {*FORMS, "application/json"}, "RemoveBgErrors"),
        ("/v1/images/edits", {"multipart/form-data"}, "OpenAiErrors"),
        ("/v1/images/generations", {"application/json"}, "OpenAiErrors"),
    ],
)  # fmt: skip
def test_route_tells_its_bodies_and_errors(path, kinds, errors):
    route = PATHS[path]["post"]
    assert set(route["requestBody"]["content"]) == kinds
    [schema] = [each["schema"]["$ref"] for each in route["responses"]["default"]["content"].values()]
    assert schema.endswith(f"/{errors}")


def test_files_are_files_and_only_in_forms():
    content = PATHS["/v1.0/removebg"]["post"]["requestBody"]["content"]
    assert content["multipart/form-data"]["schema"]["properties"]["image_file"]["format"] == "binary"
    assert "image_file" not in content["application/json"]["schema"]["properties"]
    assert PATHS["/v1/images/edits"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]["required"] == [
        "prompt",
        "image",
    ]


def test_removebg_answers_json_pictures_and_archives():
    answers = PATHS["/v1.0/removebg"]["post"]["responses"]["200"]["content"]
    assert set(answers) == {"application/json", "image/png", "image/jpeg", "image/webp", "application/zip"}
