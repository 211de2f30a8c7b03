"""Keys as clients of other services send them.

Those clients can't do without a key. So one that is not even written as ours are counts as none, which is as good as
one where callers on this machine need no key, and refused everywhere else; one of ours that is wrong is refused.
"""

from typing import Final

from fastapi import Request
from starlette.datastructures import MutableHeaders

from services.tenants.secret import ApiKey

#: As remove.bg's clients send it; OpenAI's send it as we want it.
KEY_HEADER: Final = "X-Api-Key"


def keyed(request: Request) -> Request:
    """The request with its key where keys are looked for, or with none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    sent = request.headers.get(KEY_HEADER) or (token.strip() if scheme.lower() == "bearer" else "")
    # What is noted in the request's state stays one with what stands around the route.
    scope = {**request.scope, "headers": list(request.scope["headers"]), "state": request.scope.setdefault("state", {})}
    headers = MutableHeaders(scope=scope)
    del headers["Authorization"]
    if ApiKey.parse(sent):
        headers["Authorization"] = f"Bearer {sent}"
    return Request(scope, request.receive)
