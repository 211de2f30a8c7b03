"""The OpenAPI document is complete: every route, both body forms, pictures, problems, no loose reference."""

import json
import re

import pytest

from services.gateway.openapi import document
from tests.support.gateway_parts import Parts

WHOLE = document(Parts().http_app())
DIALECTS = {"/v1.0/removebg", "/v1/images/edits", "/v1/images/generations"}


def test_document_has_every_route():
    assert {(path, method) for path, item in WHOLE["paths"].items() for method in item} == {
        ("/v1/cutouts", "post"), ("/v1/shots", "post"), ("/v1/lint", "post"), ("/v1/rule-sets", "get"),
        ("/v1/scenes", "get"), ("/v1/models", "get"),
        ("/v1/usage", "get"),
        ("/v1/blobs/{key}", "get"), ("/v1/blobs/{key}", "put"), ("/healthz", "get"), ("/readyz", "get"),
        *((path, "post") for path in DIALECTS),
        ("/v1/jobs", "post"), ("/v1/jobs", "get"), ("/v1/jobs/{job_id}", "get"), ("/v1/jobs/{job_id}", "delete"),
        ("/v1/jobs/{job_id}/items", "get"), ("/v1/jobs/{job_id}/items", "post"), ("/v1/jobs/{job_id}/events", "get"),
        *((f"/v1/jobs/{{job_id}}/{deed}", "post") for deed in ("cancel", "pause", "resume", "retry", "manifest")),
        ("/v1/uploads", "post"),
        ("/v1/styles", "get"), ("/v1/styles", "post"), ("/v1/styles/{style_id}", "delete"),
        ("/v1/webhooks", "post"), ("/v1/webhooks", "get"), ("/v1/webhooks/{webhook_id}", "patch"),
        ("/v1/webhooks/{webhook_id}", "delete"), ("/v1/webhooks/{webhook_id}/rotate", "post"),
        ("/v1/webhooks/{webhook_id}/ping", "post"), ("/v1/webhook-deliveries", "get"),
        ("/v1/webhook-deliveries/{delivery_id}/redeliver", "post"),
        ("/v1/style-trainings", "get"), ("/v1/style-trainings", "post"),
        ("/v1/style-trainings/{training_id}", "get"), ("/v1/style-trainings/{training_id}/cancel", "post"),
    }  # fmt: skip


def test_every_reference_leads_somewhere():
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(WHOLE)))
    assert names <= set(WHOLE["components"]["schemas"])
    assert "#/$defs" not in json.dumps(WHOLE)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/v1/shots", {"image", "scene_id", "seed", "canvas.width", "output.format", "words.product"}),
        ("/v1/cutouts", {"image", "crop", "padding", "background_color", "output.quality", "timeout"}),
    ],
)
def test_post_takes_json_and_a_form(path, parts):
    content = WHOLE["paths"][path]["post"]["requestBody"]["content"]
    assert set(content) == {"application/json", "multipart/form-data"}
    form = content["multipart/form-data"]["schema"]
    assert parts <= set(form["properties"])
    assert form["properties"]["image"]["format"] == "binary"
    assert form["properties"]["selection.keep_mask"]["format"] == "binary"
    assert ("reference" in form["properties"]) == (path == "/v1/shots")
    assert form["properties"]["selection.include_points"]["items"]["description"] == "x,y"
    assert "$ref" not in json.dumps(form)


@pytest.mark.parametrize(("path", "more"), [("/v1/shots", {"text/event-stream"}), ("/v1/cutouts", set())])
def test_post_answers_json_or_a_picture_and_a_shot_its_progress_too(path, more):
    answers = WHOLE["paths"][path]["post"]["responses"]
    kinds = {"application/json", "image/png", "image/jpeg", "image/webp", "image/avif"}
    assert kinds | more == set(answers["200"]["content"])


def test_shot_takes_its_previews_by_query():
    parameters = WHOLE["paths"]["/v1/shots"]["post"]["parameters"]
    [parameter] = [each for each in parameters if each["in"] == "query"]
    assert (parameter["name"], parameter["in"], parameter["schema"]["maximum"]) == ("preview_every", "query", 100)


def test_job_takes_json_or_a_form_with_its_list_as_a_file():
    content = WHOLE["paths"]["/v1/jobs"]["post"]["requestBody"]["content"]
    form = content["multipart/form-data"]["schema"]["properties"]
    assert form["manifest"]["format"] == "binary"
    assert {"manifest.blob_key", "shot.scene_id", "cutout.crop", "shot.layers", "name", "keep"} <= set(form)
    assert not {"items", "manifest.content"} & set(form)
    assert "$ref" not in json.dumps(form)


def test_list_in_a_query_is_one_parameter_for_each_value():
    parameters = {each["name"]: each for each in WHOLE["paths"]["/v1/jobs/{job_id}/items"]["get"]["parameters"]}
    assert parameters["states"]["schema"]["items"]["$ref"].endswith("/ItemState")
    assert parameters["job_id"]["in"] == "path"


def test_items_are_taken_as_lines_too():
    body = WHOLE["paths"]["/v1/jobs/{job_id}/items"]["post"]["requestBody"]
    assert {"application/json", "application/jsonl", "application/x-ndjson"} == set(body["content"])


def test_faults_are_problems_everywhere():
    for path, item in WHOLE["paths"].items():
        for operation in item.values():
            assert "422" not in operation["responses"]
            if path.startswith("/v1/") and path not in DIALECTS:
                assert list(operation["responses"]["default"]["content"]) == ["application/problem+json"]


def test_pages_are_asked_for_by_query():
    parameters = {each["name"]: each for each in WHOLE["paths"]["/v1/scenes"]["get"]["parameters"]}
    assert set(parameters) == {"page_size", "page_token"}
    assert parameters["page_size"]["schema"]["maximum"] == 1000


def test_key_and_idempotency_key_are_described():
    assert WHOLE["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for path in ("/v1/shots", "/v1/cutouts"):
        names = [each["name"] for each in WHOLE["paths"][path]["post"]["parameters"]]
        assert "Idempotency-Key" in names
