"""The same workflow without Serve."""

import numpy as np
import pytest

from services.api.studio import CreateShotRequest
from services.codecs.photo import decode_image
from services.generate.scene import SceneCatalog
from services.pb.vitrine.v1 import studio_pb2
from services.storage.store import open_store
from services.workflow.local import open_local_stages
from services.workflow.shot import ShotWorkflow

pytestmark = pytest.mark.service


async def test_shot_in_this_process_is_the_one_that_the_service_makes(service, photo, tmp_path):
    settings = service.settings.model_copy(update={"data_dir": tmp_path})
    workflow = ShotWorkflow(
        open_local_stages(settings), SceneCatalog.shipped(), settings.limits, settings.segment.min_confidence
    )
    store = open_store(settings)
    here = await workflow.shot(CreateShotRequest(image={"content": photo}, scene_id="marble", seed=7))
    there = service.studio.CreateShot(
        studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="marble", seed=7, output={"inline": True})
    )
    first, second = (
        decode_image(file, settings.limits.image).image for file in (store.get(here.image.key), there.image.content)
    )
    assert np.array_equal(first, second)
    assert here.recipe_sha256 == there.recipe_sha256
