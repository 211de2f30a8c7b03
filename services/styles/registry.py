"""The styles that there are: whose, and who may draw with them."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from services.common.deadline import Deadline
from services.common.errors import Conflict, InvalidInput, NotFound
from services.common.settings import StyleSettings
from services.storage.blobs import BlobStore, VersionedStore
from services.styles.schema import Style
from services.styles.shelf import Shelf


class StyleStore(BlobStore, VersionedStore, Protocol):
    """What a registry lies in."""


class StyleRegistry:
    """Styles in a blob store.

        styles/<tenant>/index.json                          what there is, see `Shelf`
        styles/<tenant>/<style>/<sha256>.safetensors        the file, there before the index names it

    Args:
        store: The store.
        settings: How many, and whose everybody may draw with.
        now: Unix time in seconds.
    """

    def __init__(self, store: StyleStore, settings: StyleSettings, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._settings = settings
        self._now = now

    def known_to(self, tenant: str, deadline: Deadline | None = None) -> dict[str, Style]:
        """Those that a tenant may draw with, by id. Of its own and a shared one with the same id, its own.

        Raises:
            StorageUnavailable: The store does not answer.
        """
        styles: dict[str, Style] = {}
        for whose in dict.fromkeys((self._settings.shared_from, tenant)):
            if whose:
                styles |= Shelf(self._store, whose).styles(deadline)
        return styles

    def is_shared(self, style: Style) -> bool:
        """Whether everybody may draw with it."""
        return style.tenant == self._settings.shared_from

    def require_new(self, tenant: str, style_id: str) -> None:
        """See that a tenant may have a style of an id that it does not have yet.

        Raises:
            Conflict: It has one.
            InvalidInput: It has as many as it may.
            StorageUnavailable: The store does not answer.
        """
        # A file that has no digest is like no other.
        self._checked(Style(tenant, style_id, "", "", 0), Shelf(self._store, tenant).styles())

    def put(self, style: Style, data: bytes) -> Style | None:
        """Store a style's file, which makes it nobody's style yet.

        Args:
            style: Which.
            data: Its file, of the digest that it tells.

        Returns:
            The style, where it is there already with the same file.

        Raises:
            Conflict: There is one of that id with another file.
            InvalidInput: The tenant has as many as it may.
            StorageUnavailable: The store does not answer.
        """
        known = self._checked(style, Shelf(self._store, style.tenant).styles())
        self._store.put(style.key, data, "application/octet-stream")
        return known

    def add(self, style: Style) -> Style:
        """Make a style of a file that was stored and found to fit.

        Raises:
            Conflict, InvalidInput, StorageUnavailable: As of `put`.
        """
        made = replace(style, created_s=self._now())

        def add(styles: dict[str, Style]) -> Style:
            known = self._checked(made, styles)
            return styles.setdefault(made.style_id, known or made)

        return Shelf(self._store, style.tenant).change(add)

    def forget(self, style: Style) -> None:
        """Remove a file that was stored and became no style.

        Raises:
            StorageUnavailable: The store does not answer.
        """
        listed = Shelf(self._store, style.tenant).styles().get(style.style_id)
        if listed is None or listed.sha256 != style.sha256:
            self._store.delete([style.key])

    def remove(self, tenant: str, style_id: str) -> None:
        """Remove a style of a tenant's own, and its file.

        Raises:
            NotFound: It has none of that id.
            StorageUnavailable: The store does not answer.
        """

        def take(styles: dict[str, Style]) -> Style:
            if style_id not in styles:
                raise NotFound(f"you have no style {style_id[:80]!r}", field="style_id")
            return styles.pop(style_id)

        style = Shelf(self._store, tenant).change(take)
        self._store.delete([style.key])

    def _checked(self, style: Style, styles: dict[str, Style]) -> Style | None:
        """The style where it is there already with the same file."""
        known, most = styles.get(style.style_id), self._settings.max_per_tenant
        if known is not None and known.sha256 != style.sha256:
            raise Conflict(
                f"there is a style {style.style_id!r} with another file; delete it first, or take another id",
                field="style_id",
            )
        if known is None and len(styles) >= most:
            raise InvalidInput(f"a tenant may have {most} styles, and has them", field="style_id", limit=most)
        return known
