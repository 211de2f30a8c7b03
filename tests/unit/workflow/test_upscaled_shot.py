"""A shot whose background a network enlarged: the product's own pixels never go through it."""

import numpy as np
import pytest

from services.api.studio import CreateShotRequest
from services.codecs.encode import encode_image
from services.common.executor import StageExecutor
from services.common.image import ImageFormat
from services.common.metrics import Recorder, Silent
from services.common.settings import GenerateSettings, LimitSettings
from services.generate.environment import Environment
from services.generate.generator import Generator
from services.generate.plates.painter import PlatePainter
from services.generate.scene import SceneCatalog
from services.generate.upscale.upscaler import Upscaler
from services.postprocess.restorer import Restorer
from services.workflow.drawing import DrawingPolicy
from services.workflow.local import LocalGenerate, LocalPostprocess
from services.workflow.shot import ShotWorkflow
from services.workflow.stages import Stages
from tests.support.fake_stages import FakeStages
from tests.support.memory_blobs import MemoryBlobs
from tests.support.panorama import room_with_window


class Noisy:
    """A network that leaves no pixel as it was; keeps what it was shown."""

    name = "noisy"

    def __init__(self):
        self.shown = []

    def __call__(self, planes):
        self.shown.append(planes)
        return np.random.default_rng(1).random((1, 3, planes.shape[2] * 4, planes.shape[3] * 4), np.float32)


@pytest.fixture
def network():
    return Noisy()


@pytest.fixture
def workflow(network):
    scenes = SceneCatalog.shipped()
    plates = PlatePainter(lambda name: Environment(room_with_window(90, 40)), texture_px=64)
    generator = Generator(scenes, plates, upscaler=Upscaler("noisy 1", network, 4, 0))
    recorder = Recorder(Silent)
    stages = Stages(
        FakeStages().stages.segment,
        LocalGenerate(generator, StageExecutor("generate", recorder)),
        LocalPostprocess(Restorer(MemoryBlobs(), 1), StageExecutor("postprocess", recorder)),
    )
    policy = DrawingPolicy(GenerateSettings(upscale={"network": "noisy"}))
    return ShotWorkflow(stages, scenes, LimitSettings(), 0.25, drawings=policy)


def shot(photo, **fields):
    reference = encode_image(np.full((40, 40, 3), (120, 130, 140), np.uint8), ImageFormat.PNG, 100)
    given = {"image": {"content": photo}, "scene_id": "white", "seed": 7, "reference": {"content": reference}}
    loose = {"ghost": 50.0, "halo": 50.0}
    return CreateShotRequest.model_validate(given | {"thresholds": loose} | fields)


async def test_core_of_the_product_is_the_photos_own(workflow, network, photo):
    proof = (await workflow.shot(shot(photo))).preservation
    assert network.shown
    assert proof.identical
    assert proof.core_sha256_after == proof.core_sha256_before


async def test_network_is_shown_the_background_and_nothing_else(workflow, network, photo):
    await workflow.shot(shot(photo))
    pixels = np.concatenate([planes.reshape(3, -1).T for planes in network.shown])
    assert np.array_equal(np.unique(np.rint(pixels * 255), axis=0), [[120, 130, 140]])


async def test_recipe_tells_whether_the_network_took_part(workflow, photo):
    plain, upscaled = [await workflow.shot(shot(photo, upscale=each)) for each in (False, True)]
    assert plain.recipe_sha256 != upscaled.recipe_sha256
