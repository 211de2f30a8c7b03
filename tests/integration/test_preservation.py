"""Reports, refusals and layers through the real service and its real stages."""

import cv2
import grpc
import numpy as np
import pytest

from services.client.errors import from_rpc_error, report_of
from services.common.errors import ProductChanged
from services.common.srgb import decode, encode
from services.pb.vitrine.v1 import common_pb2, studio_pb2
from services.postprocess.preservation.thresholds import CRITERIA, Level

pytestmark = pytest.mark.service
LAYER = studio_pb2.Layer
FULL = studio_pb2.PreservationReport.FULL
#: Of a product that keeps its colour.
OWN = [bar for bar in CRITERIA if not bar.name.startswith("recolour_")]
PARTS = [LAYER.BACKGROUND, LAYER.SHADOW, LAYER.REFLECTION, LAYER.FOREGROUND, LAYER.ALPHA]


def shot_request(photo, **fields):
    return studio_pb2.CreateShotRequest(image={"content": photo}, **{"scene_id": "marble", "seed": 7, **fields})


def pixels(service, blob):
    """A stored PNG as it is, in RGB order."""
    content = b"".join(each.chunk for each in service.studio.ReadBlob(studio_pb2.ReadBlobRequest(key=blob.key)))
    found = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    return found if found.ndim == 2 else np.dstack([found[..., 2::-1], found[..., 3:]])


@pytest.fixture(scope="module")
def full(service, photo):
    """One shot with everything that can be asked of it."""
    lossless = {"format": common_pb2.ImageFormat.PNG}
    return service.studio.CreateShot(shot_request(photo, layers=PARTS, report=FULL, output=lossless))


def test_layers_give_the_picture_again(service, full):
    stored = {layer.name: pixels(service, layer.blob) for layer in full.layers}
    below = decode(stored[LAYER.BACKGROUND] / 255)
    for name in (LAYER.SHADOW, LAYER.REFLECTION, LAYER.FOREGROUND):
        layer = stored[name] / 65535
        below = decode(layer[..., :3]) * layer[..., 3:] + below * (1 - layer[..., 3:])
    picture = pixels(service, full.image)
    off = np.abs(np.round(encode(below) * 255) - picture)
    assert off.max() <= 1
    assert off[stored[LAYER.ALPHA] == 65535].max() == 0


def test_full_report_measures_everything_or_says_why_not(full):
    assert [layer.name for layer in full.layers] == [*PARTS, LAYER.HEATMAP]
    assert full.report.level == FULL
    assert full.report.passed
    assert {each.name for each in full.report.measures} == {bar.name for bar in OWN}
    assert all(each.HasField("value") or each.unmeasured for each in full.report.measures)


def test_basic_report_comes_with_every_shot(service, photo):
    report = service.studio.CreateShot(shot_request(photo)).report
    assert report.level == studio_pb2.PreservationReport.BASIC
    assert {each.name for each in report.measures} == {bar.name for bar in OWN if bar.level is Level.BASIC}
    assert (report.passed, report.attempts) == (True, 1)


@pytest.mark.parametrize(
    ("asked", "attempts"),
    [
        # The gain that harmonizing is allowed leaves traces of rounding, with every seed.
        ({"preservation": studio_pb2.CreateShotRequest.HARMONIZED, "thresholds": {"structure": 1}}, 2),
        # No seed makes a photo clearer.
        ({"thresholds": {"confidence": 1}}, 1),
    ],
    ids=["another seed", "the photo"],
)
def test_picture_that_does_not_pass_is_refused_with_its_report(service, photo, asked, attempts):
    with pytest.raises(grpc.RpcError) as caught:
        service.studio.CreateShot(shot_request(photo, max_attempts=2, **asked))
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    error = from_rpc_error(caught.value, service.grpc_address)
    assert isinstance(error, ProductChanged)
    [name] = asked["thresholds"]
    report = report_of(error)
    assert report.attempts == attempts
    assert [each.name for each in report.measures if not each.passed] == [name]


def test_picture_that_only_the_full_report_refuses_is_stored_nowhere(service, photo):
    def files():
        return {path for path in service.settings.data_dir.rglob("shots/*/*") if path.is_file()}

    service.studio.CreateShot(shot_request(photo))
    before = files()
    assert before
    asked = {"thresholds": {"boundary_iou": 1}, "report": FULL, "layers": PARTS, "max_attempts": 2}
    with pytest.raises(grpc.RpcError) as caught:
        service.studio.CreateShot(shot_request(photo, **asked))
    report = report_of(from_rpc_error(caught.value, service.grpc_address))
    assert [each.name for each in report.measures if not each.passed] == ["boundary_iou"]
    assert files() == before


def test_refusal_over_http_tells_the_same(service, photo):
    form = {"scene_id": "marble", "seed": "7", "thresholds.confidence": "1"}
    answer = service.http.post("/v1/shots", files={"image": ("a.jpg", photo)}, data=form)
    assert (answer.status_code, answer.json()["code"]) == (422, "product_changed")
    assert answer.json()["details"]["report"]["passed"] is False


def test_threshold_out_of_range_names_its_field(service, photo):
    form = {"scene_id": "marble", "thresholds.structure": "1.01"}
    answer = service.http.post("/v1/shots", files={"image": ("a.jpg", photo)}, data=form)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "thresholds.structure")
