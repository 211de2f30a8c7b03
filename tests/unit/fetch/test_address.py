import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fetch.address import is_host_name, is_public, literal

PUBLIC = ["93.184.215.14", "8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:830::200e"]

PRIVATE = [
    "0.0.0.0",  # noqa: S104 - nobody listens here
    "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8",
    "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:0:7f00:1:0:0:80ff:fffe", "2001:10::1",
    "2001:db8::1", "2002:7f00:1::1", "2002:a9fe:a9fe::1", "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1",
    "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_internet_is_public(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_everything_else_is_not(address):
    assert not is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_no_wrapping_of_an_address_in_ipv6_is_public(inner):
    number = int(inner)
    for wrapped in (number, 0xFFFF << 32 | number, (0x64FF9B << 96) | number, (0x2002 << 112) | (number << 80)):
        assert not is_public(ipaddress.IPv6Address(wrapped))


@pytest.mark.parametrize(
    "host", ["example.com", "images.example.co.uk", "a.bc", "x_1.example.com", "xn--bcher-kva.example"]
)
def test_full_name_is_a_host_name(host):
    assert is_host_name(host)


@pytest.mark.parametrize(
    "host",
    ["", "localhost", "intranet", "example.com.", ".com", "a..b", "Example.com", "bücher.example", "127.1", "0x7f.1",
     "example.0x7f", "2130706433", "0177.0.0.1", "1.2.3.4", "a.1", "-a.com", "a-.com", "a b.com", "a.com\n",
     "a" * 64 + ".com"],
)  # fmt: skip
def test_anything_else_is_none(host):
    assert not is_host_name(host)


def test_address_in_another_spelling_is_no_literal():
    assert literal("1.1.1.1") == ipaddress.ip_address("1.1.1.1")
    for odd in (
        "01.1.1.1",
        "1.1",
        "0x1010101",
        "2606:4700:4700:0::1111",
        "2606:4700:4700::ABCD",
    ):
        assert literal(odd) is None
