"""Items checked as the service checks them, without stages."""

from services.common.settings import FetchSettings, LimitSettings
from services.fetch.https import HttpsFetcher
from services.fetch.sources import Sources
from services.generate.scene import SceneCatalog
from services.jobs.intake import Checks
from services.workflow.shot import ShotWorkflow


def checks(store, buckets=None, **limits):
    """What items have to pass where blobs lie in `store`."""
    settings = LimitSettings(**limits)
    sources = Sources(HttpsFetcher(FetchSettings(), settings.max_image_bytes), buckets, store)
    workflow = ShotWorkflow(None, SceneCatalog.shipped(), settings, 0.25, sources=sources)
    return Checks(workflow.check, sources, settings.image)
