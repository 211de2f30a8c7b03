"""Keys: drawn at random, told once, compared by digest."""

import hashlib

import pytest

from services.tenants.secret import ApiKey


def test_key_comes_back_from_its_text():
    key = ApiKey.draw()
    assert ApiKey.parse(key.text) == key
    assert key.matches(hashlib.sha256(key.text.encode()).digest())


def test_keys_differ_and_hold_256_bits():
    keys = [ApiKey.draw() for _ in range(100)]
    assert len({key.secret for key in keys}) == 100
    assert {len(key.secret) for key in keys} == {43}


def test_key_of_another_secret_does_not_match():
    first, second = ApiKey.draw(), ApiKey.draw()
    assert not ApiKey(first.key_id, second.secret).matches(first.digest)


def test_secret_does_not_show_in_prints():
    key = ApiKey.draw()
    assert key.secret not in repr(key)


@pytest.mark.parametrize(
    "text", ["", "vitrine_", "x", f"vitrine_{'a' * 12}_{'b' * 42}", f"vitrine_{'g' * 12}_{'b' * 43}"]
)
def test_what_is_no_key_is_none(text):
    assert ApiKey.parse(text) is None
