import pytest

from services.common.errors import InvalidInput, NotFound
from services.pb.vitrine.v1 import catalog_pb2, uploads_pb2
from services.styles.schema import Style
from tests.support.gateway_parts import Parts
from tests.support.served import listening, served
from tests.support.served_gateway import ServedGateway


@pytest.fixture
def parts(tmp_path):
    with listening() as (listener, url):
        made = Parts(tmp_path, draws=True, public_url=url)
        with served(made.http_app(), listener):
            yield made


@pytest.fixture
def address(parts):
    services = (
        catalog_pb2.DESCRIPTOR.services_by_name["CatalogService"],
        uploads_pb2.DESCRIPTOR.services_by_name["UploadService"],
    )
    with ServedGateway(parts.grpc_api(), *services) as gateway:
        yield gateway.address


def test_style_is_added_from_a_file_listed_and_removed(call, tmp_path):
    (tmp_path / "linen.safetensors").write_bytes(b"an adapter")
    made = call("styles.add", "linen", tmp_path / "linen.safetensors", "unbleached")
    assert (made.style_id, made.size_bytes, made.description) == ("linen", 10, "unbleached")
    assert call("styles.all") == [made]
    call("styles.remove", "linen")
    assert call("styles.all") == []


def test_styles_are_told_over_all_their_pages(call, parts):
    names = [f"linen-{number:02}" for number in range(53)]
    for name in names:
        parts.registry.add(Style("local", name, "", "a" * 64, 1))
    assert [style.style_id for style in call("styles.all")] == names


def test_errors_are_those_of_the_service(call):
    with pytest.raises(NotFound):
        call("styles.remove", "nylon")
    with pytest.raises(InvalidInput, match="style_id"):
        call("styles.add", "No Id", b"an adapter")
