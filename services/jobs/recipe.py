"""What is done with one item: the job's recipe, what the item sets in its place, and its photo."""

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from services.api.convert import validated
from services.api.lint import LintPhotoRequest
from services.api.photo import PhotoRequest
from services.api.studio import CreateCutoutRequest, CreateShotRequest
from services.jobs.schema import METHODS, Method, Task

#: The request that each method takes.
MODELS: Final[Mapping[str, type[PhotoRequest]]] = MappingProxyType(
    {"shot": CreateShotRequest, "cutout": CreateCutoutRequest, "lint": LintPhotoRequest}
)

#: Fields that hold an `ImageSource`. It comes from one place, so two of them can't be mixed.
_IMAGES: Final = frozenset({"image", "keep_mask", "mask", "reference"})


def method_of(request: PhotoRequest) -> Method:
    """What is done by a request."""
    return next(method for method in METHODS if isinstance(request, MODELS[method]))


def said(request: PhotoRequest) -> str:
    """What a request says, as JSON: only the fields that were set, and not those that were set to null."""
    return request.model_dump_json(exclude_unset=True, exclude_none=True)


def merged(recipe: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """What is set in `overrides`, and else in `recipe`: message by message down to single fields. Lists and images are
    taken whole.

    Args:
        recipe, overrides: Decoded JSON, only what was set.
    """
    both = dict(recipe)
    for name, value in overrides.items():
        below = both.get(name)
        if isinstance(value, Mapping) and isinstance(below, Mapping) and name not in _IMAGES:
            both[name] = merged(below, value)
        else:
            both[name] = value
    return both


def request_of(task: Task) -> PhotoRequest:
    """The request that makes an item's picture.

    Where nobody named a seed, the item's own stands in, so that every attempt makes the same picture.

    Raises:
        InvalidInput: It is not what this version of the service takes; details name the field.
    """
    fields = json.loads(task.recipe)
    if task.overrides is not None:
        fields = merged(fields, json.loads(task.overrides))
    fields["image"] = json.loads(task.image)
    if task.method == "shot":
        fields.setdefault("seed", seed_of(task.job_id, task.key))
    return validated(MODELS[task.method], fields)


def seed_of(job_id: str, key: str) -> int:
    """An item's own seed, uint32."""
    return int.from_bytes(hashlib.sha256(f"{job_id}/{key}".encode()).digest()[:4])
