"""The styles that a request names, as they are found for its tenant."""

from typing import Final

from services.api.studio import CreateShotRequest
from services.common.deadline import Deadline
from services.common.errors import NotFound
from services.generate.schema import DrawnStyle
from services.styles.registry import StyleRegistry

#: Of a style that a request names no weight for.
DEFAULT_WEIGHT: Final = 1.0


class StyleFinder:
    """Finds styles.

    Args:
        registry: Knows them; None = there are none.
    """

    def __init__(self, registry: StyleRegistry | None = None) -> None:
        self._registry = registry

    def found(
        self, request: CreateShotRequest, tenant: str, deadline: Deadline | None = None
    ) -> tuple[DrawnStyle, ...]:
        """Those of a request; asks the store where there are any.

        Raises:
            NotFound: The tenant may draw with none of that id; details name the field.
            StorageUnavailable: The store does not answer.
            DeadlineExceeded, Cancelled: Nobody waits any more.
        """
        if not request.styles:
            return ()
        known = {} if self._registry is None else self._registry.known_to(tenant, deadline)
        drawn = []
        for place, wanted in enumerate(request.styles):
            style = known.get(wanted.style_id)
            if style is None:
                field = f"styles.{place}.style_id"
                raise NotFound(f"{field}: there is no style {wanted.style_id!r}", field=field)
            weight = DEFAULT_WEIGHT if wanted.weight is None else wanted.weight
            drawn.append(DrawnStyle(style.style_id, style.key, style.sha256, weight))
        return tuple(drawn)
