"""Whose a blob is: its key says so, behind the folder that tells what it is."""

from services.common.errors import NotFound
from services.storage.blobs import RESULT_FOLDERS, TENANT_FOLDERS


def result_key(folder: str, tenant: str, name: str) -> str:
    """The key of a tenant's result, such as "shots/acme/1f3a.jpg"."""
    return f"{folder}/{tenant}/{name}"


def require_result(key: str) -> None:
    """See that a key is a result's; nothing else in the store is anybody's business.

    Raises:
        NotFound: It is not.
    """
    if key.partition("/")[0] not in RESULT_FOLDERS:
        raise NotFound("no blob has that key", field="key")


def require_own(key: str, tenant: str) -> None:
    """See that a key is one of this tenant's results.

    Raises:
        NotFound: It is not; the same, whether somebody else has such a blob or nobody.
    """
    if not key.startswith(tuple(result_key(folder, tenant, "") for folder in RESULT_FOLDERS)):
        raise NotFound("no blob has that key", field="key")


def require_source(key: str, tenant: str) -> None:
    """See that a key is one that this tenant's requests may name: of a result or of an upload of its own.

    Raises:
        NotFound: It is not; the same, whether somebody else has such a blob or nobody.
    """
    if not key.startswith(tuple(result_key(folder, tenant, "") for folder in TENANT_FOLDERS)):
        raise NotFound("no blob has that key", field="key")
