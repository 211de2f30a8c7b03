"""Secrets go, wherever they stand; what tells that there was one stays."""

import pytest

from services.common.redaction import redacted

KEY = f"vitrine_{'a1' * 6}_{'Zz-_9' * 8}abc"
SIGNATURE = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"key {KEY}!", "key vitrine_a1a1a1a1a1a1_***!"),
        (f"Authorization: Bearer {KEY}", "Authorization: Bearer ***"),
        ("authorization: basic dXNlcjpwYXNz==, next", "authorization: basic ***, next"),
        (f"/v1/blobs/a.png?expires=5&signature={SIGNATURE}", "/v1/blobs/a.png?expires=5&signature=***"),
        (f'{{"url": "https://b/k?X-Amz-Credential=AKIA%2Fx&X-Amz-Signature={SIGNATURE}"}}',
         '{"url": "https://b/k?X-Amz-Credential=***&X-Amz-Signature=***"}'),
        ("postgresql://me:hunter2@host/db", "postgresql://me:***@host/db"),
        ("redis://:hunter2@host", "redis://:***@host"),
    ],
)  # fmt: skip
def test_secret_is_replaced(text, shown):
    assert redacted(text) == shown


@pytest.mark.parametrize(
    "text",
    ["nothing", "vitrine_requests_total", "http://127.0.0.1:8000/v1/blobs/a.png",
     "signature is wrong",     "https://host/path:8@x"],
)  # fmt: skip
def test_what_is_no_secret_stays(text):
    assert redacted(text) == text
