import pytest

from services.client import TrainingPicture
from services.common.errors import Conflict, InvalidInput, NotFound
from services.factory.queue import TrainingQueue
from services.pb.vitrine.v1 import trainings_pb2, uploads_pb2
from tests.support.gateway_parts import Parts
from tests.support.served import listening, served
from tests.support.served_gateway import ServedGateway


@pytest.fixture
def parts(tmp_path):
    with listening() as (listener, url):
        made = Parts(tmp_path, draws=True, public_url=url, training={"enabled": True, "max_queued": 60})
        with served(made.http_app(), listener):
            yield made


@pytest.fixture
def address(parts):
    services = (
        trainings_pb2.DESCRIPTOR.services_by_name["TrainingService"],
        uploads_pb2.DESCRIPTOR.services_by_name["UploadService"],
    )
    with ServedGateway(parts.grpc_api(), *services) as gateway:
        yield gateway.address


@pytest.fixture
def pictures(tmp_path, photo):
    file = tmp_path / "a.jpg"
    file.write_bytes(photo)
    return [(file, "a red cup")]


def claimed(parts):
    with parts.database.transaction() as session:
        return TrainingQueue(parts.training).claim(session)


def test_training_is_made_of_files_that_are_uploaded(call, parts, pictures):
    made = call("trainings.create", "linen", pictures, description="unbleached", steps=20)
    assert (made.style_id, made.state, made.steps, made.pictures) == ("linen", "QUEUED", 20, 1)
    assert call("trainings.get", made.training_id) == made
    assert call("trainings.all", ["QUEUED"]) == [made]
    [picture] = claimed(parts).pictures
    assert picture.caption == "a red cup"
    assert picture.key.startswith("uploads/local/")


def test_key_that_was_used_makes_no_second_training(call, pictures):
    made = call("trainings.create", "linen", pictures, key="order-17")
    with pytest.raises(Conflict):
        call("trainings.create", "dusk", pictures, key="order-17")
    assert call("trainings.all") == [made]


def test_training_that_is_watched_is_told_to_its_end(call, pictures):
    made = call("trainings.create", "linen", pictures)
    assert call("trainings.cancel", made.training_id).state == "CANCELLED"
    assert [each.state for each in call("trainings.watch", made.training_id)] == ["CANCELLED"]


def test_trainings_are_told_over_all_their_pages(call, parts, photo):
    picture = TrainingPicture(blob_key=parts.store.put("uploads/local/a.jpg", photo, "image/jpeg").key, caption="a cup")
    names = [f"s{number}" for number in range(53)]
    for name in names:
        call("trainings.create", name, [picture])
    assert [each.style_id for each in call("trainings.all")] == names[::-1]


def test_errors_are_those_of_the_service(call, pictures):
    with pytest.raises(NotFound):
        call("trainings.get", "0" * 32)
    with pytest.raises(InvalidInput, match="style_id"):
        call("trainings.create", "No Id", pictures)
