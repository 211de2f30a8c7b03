import base64
import datetime
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.common.redaction import redacted
from services.webhooks.secret import draw_secret, signed_headers


def test_secret_is_as_long_as_the_specification_wants():
    drawn = draw_secret()
    assert drawn.startswith("whsec_")
    assert 24 <= len(base64.b64decode(drawn.removeprefix("whsec_"), validate=True)) <= 64
    assert drawn != draw_secret()


def test_signature_is_the_specifications_own_example():
    # https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - published
    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}', [secret])
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


def test_both_secrets_of_an_overlap_verify():
    old, new = draw_secret(), draw_secret()
    headers = signed_headers("msg_1", time.time(), '{"a":"\u00e4"}', [new, old])
    for secret in (old, new):
        assert Webhook(secret).verify('{"a":"\u00e4"}', headers) == {"a": "\u00e4"}
    with pytest.raises(WebhookVerificationError):
        Webhook(draw_secret()).verify('{"a":"\u00e4"}', headers)


@pytest.mark.parametrize("off", [-datetime.timedelta(minutes=6), datetime.timedelta(minutes=6)], ids=["old", "early"])
def test_message_that_is_played_again_at_another_time_is_refused_by_the_library(off):
    secret = draw_secret()
    headers = signed_headers("msg_1", time.time() + off.total_seconds(), "{}", [secret])
    with pytest.raises(WebhookVerificationError, match="timestamp"):
        Webhook(secret).verify("{}", headers)


def test_secret_is_taken_out_of_log_lines():
    secret = draw_secret()
    assert redacted(f"secret={secret}.") == "secret=whsec_***."
