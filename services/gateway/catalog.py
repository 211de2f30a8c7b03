"""CatalogService without a transport: what there is, page by page."""

import base64
import binascii
from collections.abc import Sequence
from typing import Final, TypeVar

from services.api.catalog import (
    ListModelsRequest,
    ListModelsResponse,
    ListScenesRequest,
    ListScenesResponse,
    Model,
    ModelKind,
    Scene,
)
from services.common.errors import InvalidInput
from services.generate.backdrop import TableBackdrop
from services.generate.scene import SceneCatalog
from services.models.cache import ModelCache

DEFAULT_PAGE_SIZE: Final = 50

T = TypeVar("T")


class Catalog:
    """Answers CatalogService's requests.

    Args:
        scenes: What can be shot in.
        models: What the service runs on.
    """

    def __init__(self, scenes: SceneCatalog, models: ModelCache) -> None:
        self._scenes = scenes
        self._models = models

    def list_scenes(self, request: ListScenesRequest) -> ListScenesResponse:
        """Scenes by id.

        Raises:
            InvalidInput: The page token is none of ours.
        """
        scenes = [
            Scene(
                scene_id=scene.id,
                title=scene.title,
                description=scene.description,
                poses=list(scene.poses),
                pitch_min_deg=scene.pitch.min,
                pitch_max_deg=scene.pitch.max,
                pitch_default_deg=scene.pitch.default,
                environment=scene.backdrop.environment.name if isinstance(scene.backdrop, TableBackdrop) else "",
                place=scene.place,
            )
            for scene in self._scenes.scenes.values()
        ]
        page, token = _page(scenes, [scene.scene_id for scene in scenes], request.page_size, request.page_token)
        return ListScenesResponse(scenes=page, next_page_token=token)

    def list_models(self, request: ListModelsRequest) -> ListModelsResponse:
        """Models by name.

        Raises:
            InvalidInput: The page token is none of ours.
        """
        entries = sorted(self._models.catalog, key=lambda entry: entry.name)
        page, token = _page(entries, [entry.name for entry in entries], request.page_size, request.page_token)
        models = [
            Model(
                name=entry.name,
                version=entry.version,
                kind=ModelKind(entry.kind),
                sha256=entry.sha256,
                size_bytes=entry.size_bytes,
                license=entry.license,
                origin=entry.origin,
                cached=self._models.is_cached(entry),
            )
            for entry in page
        ]
        return ListModelsResponse(models=models, next_page_token=token)


def _page(items: Sequence[T], keys: Sequence[str], page_size: int, token: str) -> tuple[list[T], str]:
    """The items behind the token's key, and the token of those behind them.

    A token holds the last key of the page before, so that a catalogue that grew meanwhile repeats and skips nothing.
    """
    after = _decode(token) if token else ""
    rest = [(key, item) for key, item in zip(keys, items, strict=True) if key > after]
    page = rest[: page_size or DEFAULT_PAGE_SIZE]
    more = len(rest) > len(page)
    return [item for _, item in page], _encode(page[-1][0]) if more else ""


def _encode(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _decode(token: str) -> str:
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(
            "the page token is not one that this service gave; start without one", field="page_token"
        ) from error
