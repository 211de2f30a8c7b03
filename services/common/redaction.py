"""Secrets by their looks, for whatever is written where others read it."""

import re
from typing import Final

#: What stands before a secret, which stays, and the secret, which goes.
_SECRETS: Final = re.compile(
    r"(?P<key>\bvitrine_[0-9a-f]{12}_)[A-Za-z0-9_-]{43}"  # our API keys
    r"|(?P<webhook>\bwhsec_)[A-Za-z0-9+/_-]+=*"  # what signs messages to webhooks
    r"|(?P<auth>\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]+"  # https://www.rfc-editor.org/rfc/rfc9110#name-authorization
    # addresses that we or S3 signed
    r"|(?P<query>\b(?:X-Amz-(?:Signature|Credential|Security-Token)|signature)=)[^&\s\"'<>\\]+"
    r"|(?P<url>://[^/\s:@\"']*:)[^/\s@\"']+(?=@)",  # https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """The text with three asterisks for every secret in it; what stands before one stays, so that it is known."""
    return _SECRETS.sub(lambda found: f"{found[found.lastgroup or 0]}***", text)
