"""One tenant's styles as one small file, which changes whole or not at all."""

import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, Final, TypeVar

from services.common.deadline import Deadline
from services.common.errors import StorageUnavailable
from services.storage.blobs import Versioned, VersionedStore
from services.styles.schema import FOLDER, Style

#: Two who change the same shelf meet again so often at most.
_ATTEMPTS: Final = 20

T = TypeVar("T")


class Shelf:
    """The styles of a tenant, by id.

    Args:
        store: Holds the file `styles/<tenant>/index.json`.
        tenant: Whose.
    """

    def __init__(self, store: VersionedStore, tenant: str) -> None:
        self._store = store
        self._tenant = tenant
        self._key = f"{FOLDER}/{tenant}/index.json"

    def styles(self, deadline: Deadline | None = None) -> dict[str, Style]:
        """What lies on it, as long as nobody changes it.

        Raises:
            StorageUnavailable: The store does not answer, or the file is damaged.
        """
        return self._parsed(self._store.get_version(self._key, deadline))

    def change(self, work: Callable[[dict[str, Style]], T]) -> T:
        """Change what lies on it. Of two who do so at once, one begins again.

        Args:
            work: Changes the styles that it is given, and may be called several times; what it raises leaves all as it
                is.

        Returns:
            What `work` gave.

        Raises:
            StorageUnavailable: The store does not answer, the file is damaged, or others are always faster.
        """
        for _ in range(_ATTEMPTS):
            found = self._store.get_version(self._key)
            styles = self._parsed(found)
            result = work(styles)
            if self._store.put_if(self._key, _written(styles.values()), found.version if found else None) is not None:
                return result
        raise StorageUnavailable("the styles are being changed by too many at once; try again")

    def _parsed(self, found: Versioned | None) -> dict[str, Style]:
        if found is None:
            return {}
        try:
            rows: list[dict[str, Any]] = json.loads(found.data)["styles"]
            styles = [Style(**{**row, "tenant": self._tenant, "networks": tuple(row["networks"])}) for row in rows]
        except (ValueError, TypeError, KeyError) as error:
            raise StorageUnavailable("the list of styles is damaged", key=self._key) from error
        return {style.style_id: style for style in styles}


def _written(styles: Iterable[Style]) -> bytes:
    rows = [{name: value for name, value in asdict(style).items() if name != "tenant"} for style in styles]
    # Unlike all that others write there, see `VersionedStore.put_if`.
    return json.dumps({"revision": secrets.token_hex(8), "styles": rows}, indent=1).encode()
