"""Tenants' names, which stand in keys of blobs, labels of metrics and settings."""

import re
from typing import Final

#: Whom callers on this machine speak for, who need no key.
LOCAL_TENANT: Final = "local"

#: Short, and plain enough for a segment of a blob's key.
TENANT_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
