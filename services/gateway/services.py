"""What the gateway serves, whichever protocol asks for it."""

from dataclasses import dataclass

from services.gateway.catalog import Catalog
from services.gateway.jobs import Jobs
from services.gateway.studio import Studio
from services.gateway.styles import Styles
from services.gateway.trainings import Trainings
from services.gateway.uploads import Uploads
from services.gateway.usage import Usage
from services.gateway.webhooks import Webhooks


@dataclass(frozen=True)
class Services:
    """The services without a transport, each named as in the protos."""

    studio: Studio
    catalog: Catalog
    usage: Usage
    jobs: Jobs
    uploads: Uploads
    webhooks: Webhooks
    styles: Styles
    trainings: Trainings
