from services.models.catalog import HubSpec
from services.models.sources.hub import hub_url


def test_address_names_repository_revision_and_file():
    url = hub_url(HubSpec(type="hub", repo="owner/painter", revision="0" * 40, file="unet/config.json"))
    assert url.startswith("https://")
    assert url.endswith(f"/owner/painter/resolve/{'0' * 40}/unet/config.json")
