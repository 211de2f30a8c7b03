"""What the gateway serves, whichever protocol asks for it."""

from dataclasses import dataclass
from typing import Any

from services.gateway.catalog import Catalog
from services.gateway.studio import Studio
from services.gateway.usage import Usage
from services.gateway.webhooks import Webhooks


@dataclass(frozen=True)
class Services:
    """The services without a transport, each named as in the protos."""

    studio: Studio
    catalog: Catalog
    usage: Usage
    webhooks: Webhooks
    jobs: Any = None
    uploads: Any = None
