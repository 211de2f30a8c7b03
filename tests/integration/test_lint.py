"""Photos are held against a marketplace's rules and mended, on the real service."""

import io

import numpy as np
import pytest
from PIL import Image

from services.client import JobState, LintPhotoRequest, Vitrine
from services.common.errors import NotFound
from tests.support.running_service import PATIENCE_S

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def client(service):
    with Vitrine(service.grpc_address, timeout_s=PATIENCE_S) as vitrine:
        yield vitrine


def finding(verdict, rule):
    [found] = [each for each in verdict.findings if each.rule == rule]
    return found


def test_photo_on_a_table_gets_a_white_ground_and_its_product_stays(client, photo):
    answer = client.lint(photo, "amazon-main", fix=True)
    assert not finding(answer.verdict, "white").passed
    assert finding(answer.fix.verdict, "white").passed
    assert answer.fix.preservation.identical
    picture = np.asarray(Image.open(io.BytesIO(answer.picture.content)).convert("RGB"))
    assert (picture[:8, :8] == 255).all()


def test_verdict_over_http_is_the_one_over_grpc(service, client, photo):
    answer = service.http.post(
        "/v1/lint", files={"image": ("cup.jpg", photo, "image/jpeg")}, data={"rule_set": "ebay"}
    ).raise_for_status()
    told = [(each["rule"], each["passed"]) for each in answer.json()["verdict"]["findings"]]
    assert told == [(each.rule, each.passed) for each in client.lint(photo, "ebay").verdict.findings]


def test_rule_set_that_does_not_exist_is_not_found(client, photo):
    with pytest.raises(NotFound, match="nowhere"):
        client.lint(photo, "nowhere")


def test_job_lints_every_photo(client, photo, tmp_path):
    file = tmp_path / "cup.jpg"
    file.write_bytes(photo)
    made = client.jobs.create([file], LintPhotoRequest.model_validate({"rule_set": "amazon-main", "fix": True}))
    *_, last = client.jobs.watch(made.job.job_id)
    assert (last.job.state, last.job.counts.succeeded) == (JobState.DONE, 1)
    [item] = client.jobs.items(made.job.job_id)
    assert client.read_blob(item.lint.fix.image.key)[:2] == b"\xff\xd8"
