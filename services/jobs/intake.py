"""Items on their way into a job: each is checked with the recipe, and what came as bytes gets a place in the store."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from services.api.common import ImageSource
from services.api.convert import validated
from services.api.jobs import MAX_ITEMS, ItemFault, JobItemSpec
from services.api.photo import PhotoRequest
from services.api.studio import CreateShotRequest
from services.codecs.opener import opened
from services.common.errors import InvalidInput, TooLarge, VitrineError
from services.common.image import ImageLimits
from services.fetch.images import PHOTO, images_of, with_images
from services.fetch.sources import Sources
from services.jobs.recipe import MODELS, merged, method_of, said
from services.jobs.schema import METHODS, NewItem
from services.storage.blobs import UPLOADS
from services.storage.owner import result_key

#: So many faults are told in an error; as many as pydantic's findings of one message.
_TOLD: Final = 10


@dataclass(frozen=True)
class Checks:
    """What an item has to pass.

    Args:
        request: Refuses what is wrong with a tenant's request whatever its photo shows; see `ShotWorkflow.check`.
        sources: Refuse addresses.
        limits: Of images that are sent as bytes.
    """

    request: Callable[[PhotoRequest, str], None]
    sources: Sources
    limits: ImageLimits


@dataclass(frozen=True)
class Line:
    """An item as it came.

    Args:
        spec: The item; None where it can't be read.
        number: The line of a manifest that it stands in, from 1; 0: it came in no manifest.
        error: Why it can't be read.
    """

    spec: JobItemSpec | None
    number: int = 0
    error: VitrineError | None = None


@dataclass(frozen=True)
class Gathered:
    """What came of items.

    Args:
        items: Those that can be taken, in their order.
        faults: Of those that can't, the first.
        megapixels: Of the pictures whose size is known beforehand.
        unsized: Pictures whose size is not.
    """

    items: list[NewItem]
    faults: list[ItemFault]
    megapixels: float = 0.0
    unsized: int = 0

    def require(self) -> list[NewItem]:
        """The items.

        Raises:
            InvalidInput: One of them can't be taken; tells the first, and some more in its details.
        """
        if not self.faults:
            return self.items
        told = [
            {"field": _path(fault), "message": f"item {fault.number}, key {fault.key!r}: {fault.message}"}
            for fault in self.faults[:_TOLD]
        ]
        raise InvalidInput(told[0]["message"], field=told[0]["field"], findings=told)


class Intake:
    """Takes the items of one job.

    An item that sets nothing of its own costs a look at where its photo is; items that set the same are checked once.

    Args:
        checks: What every item has to pass.
        recipe: What is done with each, without a photo.
        tenant: Whose job it is.
        job_id: Which.

    Raises:
        InvalidInput: The recipe has a photo, or an image of it can't be read; details name the field.
        TooLarge, UnsupportedMedia: The same.
    """

    def __init__(self, checks: Checks, recipe: PhotoRequest, tenant: str, job_id: str) -> None:
        self._checks = checks
        self._tenant = tenant
        self._folder = result_key(UPLOADS, tenant, job_id)
        self._method = method_of(recipe)
        #: What came as bytes, by the key that it is to have in the store.
        self.contents: dict[str, bytes] = {}
        try:
            self.recipe = said(self._without_bytes(_without_photo(recipe)))
        except VitrineError as error:
            _raise_within(error, self._method)
        self._fields = json.loads(self.recipe)
        #: The size of the picture, in megapixels, by what an item sets; an error where that can't be done.
        self._seen: dict[str, float | VitrineError | None] = {}

    def check_recipe(self) -> float | None:
        """See that the recipe is complete, as it has to be for items that set nothing of their own.

        Returns:
            The size of its pictures in megapixels; None where it depends on the photo.

        Raises:
            VitrineError: It is not; details name the field.
        """
        found = self._verdict("{}")
        if isinstance(found, VitrineError):
            _raise_within(found, self._method)
        return found

    def gather(self, lines: Iterable[Line], most_faults: int, *, numbered: bool = True, first: int = 0) -> Gathered:
        """Check items. Of those with bytes, these are in `contents` then.

        Args:
            lines: The items.
            most_faults: Nothing more is looked at when there are so many.
            numbered: Whether an item without a key gets its number for one here.
            first: The first one's number.

        Raises:
            VitrineError: The recipe is not complete, and an item sets nothing of its own.
            TooLarge: They are more than a job may have.
        """
        items: list[NewItem] = []
        faults: list[ItemFault] = []
        keys: set[str] = set()
        megapixels, unsized = 0.0, 0
        for number, line in enumerate(lines, first):
            if number - first == MAX_ITEMS:
                raise TooLarge(f"a job has at most {MAX_ITEMS} items", field="items", limit=MAX_ITEMS)
            own = self._own(line.spec)
            plain = self.check_recipe() if own is None and line.spec is not None else None
            key = (line.spec.key if line.spec else "") or (str(number) if numbered else "")
            try:
                item, size = self._taken(line, key, own, plain)
                if key and key in keys:
                    raise InvalidInput(f"the key {key!r} is another item's too", field="key")
            except VitrineError as error:
                faults.append(_fault(error, number, key, line.number))
                if len(faults) >= most_faults:
                    break
                continue
            keys.add(key)
            items.append(item)
            megapixels += size or 0.0
            unsized += size is None
        return Gathered(items, faults, megapixels, unsized)

    def _own(self, spec: JobItemSpec | None) -> PhotoRequest | None:
        """What an item sets of its own; None: nothing."""
        own: PhotoRequest | None = None if spec is None else getattr(spec, self._method)
        return own if own is not None and own.model_fields_set else None

    def _taken(
        self, line: Line, key: str, own: PhotoRequest | None, plain: float | None
    ) -> tuple[NewItem, float | None]:
        if line.spec is None:
            raise line.error or InvalidInput("it can't be read")
        for other in METHODS:
            if other != self._method and getattr(line.spec, other) is not None:
                raise InvalidInput(
                    f"{other}: the job's recipe is for a {self._method}, and so is what items set", field=other
                )
        image = self._photo(line.spec.image)
        if own is None:
            return NewItem(key, image), plain
        try:
            overrides = said(self._without_bytes(_without_photo(own)))
            size = self._verdict(overrides)
            if isinstance(size, VitrineError):
                raise size
        except VitrineError as error:
            _raise_within(error, self._method)
        return NewItem(key, image, overrides), size

    def _photo(self, image: ImageSource) -> str:
        if not (image.content or image.url or image.blob_key):
            raise InvalidInput("image: it is missing; wanted is content, url or blob_key", field="image")
        self._checks.sources.check_image(image, PHOTO, self._tenant)
        return self._placed(PHOTO, image).model_dump_json(exclude_unset=True)

    def _verdict(self, overrides: str) -> float | VitrineError | None:
        if overrides not in self._seen:
            try:
                self._seen[overrides] = self._checked(json.loads(overrides))
            except VitrineError as error:
                self._seen[overrides] = error
        return self._seen[overrides]

    def _checked(self, overrides: dict[str, Any]) -> float | None:
        request = validated(MODELS[self._method], merged(self._fields, overrides))
        self._checks.request(request, self._tenant)
        if not isinstance(request, CreateShotRequest) or not request.canvas.width:
            return None
        return request.canvas.width * request.canvas.height / 1e6

    def _without_bytes(self, request: PhotoRequest) -> PhotoRequest:
        images = {field: self._placed(field, image) for field, image in images_of(request).items() if image.content}
        return with_images(request, images) if images else request

    def _placed(self, field: str, image: ImageSource) -> ImageSource:
        """The image by the key of its bytes; as it is where it has none."""
        if not image.content:
            return image
        try:
            with opened(image.content, self._checks.limits):
                key = f"{self._folder}/{hashlib.sha256(image.content).hexdigest()}"
        except VitrineError as error:
            raise type(error)(error.message, **{**error.details, "field": f"{field}.content"}) from error
        self.contents[key] = image.content
        return ImageSource(blob_key=key)


def inline(specs: Iterable[JobItemSpec]) -> Iterator[Line]:
    """Items that came in a request itself."""
    return map(Line, specs)


def _without_photo(request: PhotoRequest) -> PhotoRequest:
    if request.image != ImageSource():
        raise InvalidInput("image: photos are named by the items, not here", field="image")
    return request


def _raise_within(error: VitrineError, owner: str) -> NoReturn:
    """The error, its field below another one."""
    field = f"{owner}.{error.details['field']}" if error.details.get("field") else owner
    details = {name: value for name, value in error.details.items() if name not in ("field", "findings")}
    raise type(error)(error.message, **details, field=field) from error


def _fault(error: VitrineError, number: int, key: str, line: int) -> ItemFault:
    where = f"line {line}: " if line else ""
    return ItemFault(number=number, key=key, field=error.details.get("field", ""), message=where + error.message)


def _path(fault: ItemFault) -> str:
    return f"items.{fault.number}.{fault.field}" if fault.field else f"items.{fault.number}"
