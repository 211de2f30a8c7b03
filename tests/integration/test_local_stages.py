"""The same workflow without Serve."""

import pytest

from services.api.studio import CreateShotRequest
from services.generate.scene import SceneCatalog
from services.pb.vitrine.v1 import studio_pb2
from services.workflow.local import open_local_stages
from services.workflow.shot import ShotWorkflow

pytestmark = pytest.mark.service


async def test_shot_in_this_process_is_the_one_that_the_service_makes(service, photo, tmp_path):
    settings = service.settings.model_copy(update={"data_dir": tmp_path})
    workflow = ShotWorkflow(
        open_local_stages(settings), SceneCatalog.shipped(), settings.limits, settings.segment.min_confidence
    )
    here = await workflow.shot(CreateShotRequest(image={"content": photo}, scene_id="marble", seed=7))
    there = service.studio.CreateShot(studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="marble", seed=7))
    assert here.image.sha256 == there.image.sha256
    assert here.recipe_sha256 == there.recipe_sha256
