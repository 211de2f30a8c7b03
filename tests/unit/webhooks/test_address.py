import pytest

from services.common.errors import InvalidInput
from services.webhooks.address import Addresses

ADDRESSES = Addresses(["127.0.0.1:8080", "hooks.internal:9000"])


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/hooks?token=1",
        "https://8.8.8.8/",
        "http://127.0.0.1:8080/x",
        "https://hooks.internal:9000/",
    ],
)
def test_address_on_the_internet_or_trusted_is_taken(url):
    assert str(ADDRESSES.target(url).url).startswith(url.partition(":")[0])


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hooks", "https://shop.example:8443/", "https://me:secret@shop.example/",
        "https://10.0.0.1/", "https://[::1]/", "https://localhost/", "https://169.254.169.254/", "http://127.0.0.1:8081/",
        "https://127.1/", "ftp://shop.example/", "shop.example/hooks", "", "https://shop.example/a b",
    ],
)  # fmt: skip
def test_address_elsewhere_is_refused_by_its_field(url):
    with pytest.raises(InvalidInput) as caught:
        ADDRESSES.target(url)
    assert caught.value.details["field"] == "url"
    assert "secret" not in caught.value.message
