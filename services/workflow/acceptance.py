"""What a picture has to pass before it is handed out: the request's word, else its tenant's, else the service's."""

from dataclasses import dataclass

from services.api.studio import CreateShotRequest
from services.common.errors import InvalidInput
from services.common.settings import PreservationSettings
from services.postprocess.preservation.thresholds import Level, Thresholds


@dataclass(frozen=True)
class Acceptance:
    """What a picture has to pass.

    Args:
        level: How much is measured.
        thresholds: What is asked of each measure.
        max_attempts: Backgrounds made at most.
    """

    level: Level
    thresholds: Thresholds
    max_attempts: int


class AcceptancePolicy:
    """Knows what the operator asks of pictures, for everybody and by tenant.

    Args:
        settings: The operator's wishes.
        min_confidence: Below this the photo holds no product, 0 to 1; asked of the report too where they say nothing.

    Raises:
        ValueError: A threshold there is misspelt or out of its range; names the setting.
    """

    def __init__(self, settings: PreservationSettings, min_confidence: float) -> None:
        self._settings = settings
        shipped = Thresholds({"confidence": min_confidence})
        self._service = _checked("preservation.thresholds", settings.thresholds).over(shipped)
        self._tenants = {
            name: _checked(f"preservation.tenants.{name}", thresholds).over(self._service)
            for name, thresholds in settings.tenants.items()
        }

    def thresholds(self, tenant: str) -> Thresholds:
        """What a tenant's pictures have to pass where a request says nothing."""
        return self._tenants.get(tenant, self._service)

    def of(self, request: CreateShotRequest, tenant: str) -> Acceptance:
        """What this request's pictures have to pass.

        Args:
            request: Its own wishes come first.
            tenant: Whose it is; one that has no wishes gets the service's.
        """
        wished = Thresholds(request.thresholds.model_dump(exclude_none=True))
        return Acceptance(
            level=request.report or Level(self._settings.report),
            thresholds=wished.over(self.thresholds(tenant)),
            max_attempts=request.max_attempts or self._settings.max_attempts,
        )


def _checked(setting: str, thresholds: dict[str, float]) -> Thresholds:
    try:
        return Thresholds(thresholds)
    except InvalidInput as error:
        raise ValueError(f"the setting {setting} is wrong: {error.message}") from error
