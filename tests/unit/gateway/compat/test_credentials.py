"""Keys of other services' clients: ours go where keys are looked for, all others are none."""

from fastapi import Request

from services.gateway.compat.credentials import keyed
from services.tenants.secret import ApiKey

OURS = ApiKey.draw().text


def sent(**headers):
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return keyed(Request({"type": "http", "headers": pairs})).headers.getlist("authorization")


def test_key_in_either_place_goes_where_keys_are_looked_for():
    assert sent(x_api_key=OURS) == sent(authorization=f"Bearer {OURS}") == [f"Bearer {OURS}"]
    assert sent(x_api_key=OURS, authorization="Bearer other") == [f"Bearer {OURS}"]


def test_key_that_is_none_of_ours_is_none():
    assert sent(x_api_key="any") == sent(authorization="Bearer sk-any") == sent() == []
    assert sent(authorization=f"Basic {OURS}") == []


def test_request_itself_stays_as_it_was_but_for_its_state():
    scope = {"type": "http", "headers": [(b"x-api-key", OURS.encode())]}
    changed = keyed(Request(scope))
    changed.state.noted = 1
    assert scope["headers"] == [(b"x-api-key", OURS.encode())]
    assert scope["state"] == {"noted": 1}
