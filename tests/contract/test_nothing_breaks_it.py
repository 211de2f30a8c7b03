"""Made-up requests over both protocols: results, or errors that are the caller's."""

import asyncio
import base64
import random

import pytest
import schemathesis
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.api.jobs import CancelJobRequest, CreateJobRequest
from services.common.errors import Internal
from services.gateway.openapi import document
from services.gateway.status import TABLE, status_of
from tests.support.gateway_parts import Parts, call
from tests.support.grpc_context import FakeContext
from tests.support.photos import flat
from tests.support.proto_mutations import flipped, mutated
from tests.support.rpcs import METHODS, answered

#: A caller may ask for less time than anything takes, so that one is its own.
FAULTS = {row.grpc for row in TABLE.values() if row.http >= 500 and row.http != 504}
SMALL = flat(48, 64)
REQUESTS = 120
#: Of requests with photos, which have by far the most fields, and of all others.
EXAMPLES, FEWER_EXAMPLES = 60, 20
DIALECTS = ("/v1.0/removebg", "/v1/images/edits", "/v1/images/generations")


def can_be_wrong(operation):
    """Whether there is anything that the OpenAPI forbids; the name in a path may be any text."""
    asked = [each for each in operation.get("parameters", ()) if each["in"] != "path"]
    return bool(asked) or "requestBody" in operation


CASES = [
    pytest.param(verb, path, mode, id=f"{verb} {path} {mode.value}")
    for path, item in document(Parts().http_app())["paths"].items()
    for verb, operation in item.items()
    for mode in schemathesis.GenerationMode
    if path.startswith("/v1") and (mode is schemathesis.GenerationMode.POSITIVE or can_be_wrong(operation))
]


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    made = Parts(tmp_path_factory.mktemp("gateway"), draws=True, training={"enabled": True})
    made.store.put("uploads/local/a.jpg", SMALL, "image/jpeg")
    return made


@pytest.fixture(scope="module")
def job_id(parts):
    """A job that has ended, so that whoever watches it comes to an end."""

    async def made():
        item = {"key": "a", "image": {"content": SMALL}}
        request = CreateJobRequest.model_validate({"shot": {"scene_id": "white"}, "items": [item]})
        job_id = (await parts.jobs.create_job(request, call())).job.job_id
        await parts.jobs.cancel_job(CancelJobRequest(job_id=job_id), call())
        return job_id

    return asyncio.run(made())


@pytest.fixture(scope="module")
def openapi(parts):
    return schemathesis.openapi.from_asgi("/openapi.json", parts.http_app())


@pytest.fixture(scope="module")
def key(parts):
    return parts.new_key("acme")


@pytest.mark.parametrize(("verb", "path", "mode"), CASES)
def test_no_request_that_the_openapi_allows_or_forbids_is_a_fault_of_ours(openapi, parts, key, verb, path, mode):
    examples = (
        FEWER_EXAMPLES
        if path.startswith(("/v1/jobs", "/v1/uploads", "/v1/webhook", "/v1/style-trainings"))
        else EXAMPLES
    )

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=openapi[path][verb].as_strategy(generation_mode=mode), real=st.booleans())
    def check(case, real):
        if real:
            with_a_photo(case)
        # A header that can't be sent as it is made up is none of the service's business.
        answer = case.call(headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code < 500 or answer.status_code == 504, answer.text
        if answer.status_code >= 400:
            told = answer.json()
            # Dialects have their own words, the gateway's front ours.
            assert told.get("code") in TABLE or (path in DIALECTS and told.keys() & {"error", "errors"})

    check()


def with_a_photo(case):
    """A good photo and a scene or rule set in a made-up body, so that what stands behind their checks is met too."""
    if isinstance(case.body, dict) and case.method == "POST":
        as_json = case.media_type == "application/json"
        name = "image_file" if "removebg" in case.path else "image"
        case.body[name] = {"content": base64.b64encode(SMALL).decode()} if as_json else SMALL
        case.body |= {"scene_id": "white"} if "shots" in case.path else {}
        case.body |= {"rule_set": "ebay"} if "lint" in case.path else {}


def good(method, job_id):
    message = GetMessageClass(METHODS[method].input_type)()
    shot = {"image": {"content": SMALL}, "scene_id": "white", "seed": 1}
    fields = {
        "CreateCutout": {"image": {"content": SMALL}}, "CreateShot": shot, "StreamShot": {"shot": shot},
        "LintPhoto": {"image": {"content": SMALL}, "rule_set": "ebay", "fix": True},
        "ReadBlob": {"key": "shots/local/none.png"},
        "CreateJob": {"shot": {"scene_id": "white"}, "items": [{"key": "a", "image": {"content": SMALL}}]},
        "AddJobItems": {"job_id": job_id, "items": [{"key": "b", "image": {"content": SMALL}}], "close": True},
        "CreateUpload": {"media_type": "image/jpeg", "size_bytes": 1000},
        "CreateStyleTraining": {"style_id": "linen", "words": "a", "pictures": [{"blob_key": "uploads/local/a.jpg"}]},
    }.get(method, {"job_id": job_id} if "job_id" in message.DESCRIPTOR.fields_by_name else {})  # fmt: skip
    message.MergeFrom(type(message)(**fields))
    return message


@pytest.mark.parametrize("kind", [mutated, flipped], ids=["fields", "bytes"])
@pytest.mark.parametrize("method", METHODS)
async def test_no_mutated_message_is_a_fault_of_ours(parts, job_id, method, kind):
    api, codes = parts.grpc_api(), []
    for seed in range(REQUESTS):
        rng = random.Random(f"{method} {seed}")  # noqa: S311 - it must give the same again
        message = good(method, job_id)
        changed = kind(message, rng)
        if isinstance(changed, bytes):
            try:
                changed = type(message).FromString(changed)
            except DecodeError:
                continue  # answered before the gateway, see test_grpc_front
        context = FakeContext()
        assert await answered(api, method, context, changed)
        assert context.code not in FAULTS, f"seed {seed}: {context.details}"
        codes.append(context.code)
    assert len(codes) > 10 or kind is flipped  # few changes of a short message leave one that can be read


def test_faults_are_what_these_tests_take_them_for():
    assert status_of(Internal("x")).grpc in FAULTS
