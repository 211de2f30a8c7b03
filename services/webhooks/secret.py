"""The secrets that messages are signed with, and the headers that prove it.

By the Standard Webhooks specification
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
"""

import base64
import datetime
import secrets
from collections.abc import Sequence
from typing import Final

from standardwebhooks import Webhook

#: The specification wants 24 to 64.
_SECRET_BYTES: Final = 32


def draw_secret() -> str:
    """A new one: `whsec_` and random bytes as base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def signed_headers(message_id: str, moment_s: float, payload: str, valid: Sequence[str]) -> dict[str, str]:
    """The three headers of a message.

    Args:
        message_id: The same in every attempt.
        moment_s: Of this attempt, in Unix seconds; receivers refuse what is some minutes old.
        payload: The body.
        valid: Secrets; each signs, so that a receiver may know any of them.
    """
    moment = datetime.datetime.fromtimestamp(int(moment_s), datetime.UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment_s)),
        "webhook-signature": " ".join(Webhook(each).sign(message_id, moment, payload) for each in valid),
    }
