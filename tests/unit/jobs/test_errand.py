"""An item's calls to stages: when they are made, and what travels between them."""

import asyncio

import pytest

from services.api.studio import CreateCutoutRequest, CreateShotRequest
from services.common.metrics import Recorder, Silent
from services.jobs.courtesy import Courtesy
from services.jobs.errand import Errand
from tests.support.gateway_parts import Parts
from tests.support.patience import until
from tests.support.polite_stages import OneAtATime


@pytest.fixture
def shot(photo):
    return CreateShotRequest(image={"content": photo}, scene_id="white", seed=1, canvas={"width": 96, "height": 96})


@pytest.fixture
def courtesy():
    async def nobody():
        return False

    return lambda others=nobody, **options: Courtesy(others, 60.0, Recorder(Silent), look_every_s=0.0, **options)


@pytest.mark.parametrize("options", [{}, {"layers": ["SHADOW"]}, {"report": "FULL"}])
async def test_shot_is_the_same_as_without_courtesy(tmp_path, shot, courtesy, options):
    parts = Parts(tmp_path)
    request = CreateShotRequest.model_validate({**shot.model_dump(exclude_unset=True), **options})
    direct = await parts.workflow.shot(request)
    polite = await parts.workflow.through(Errand(parts.fakes.stages, courtesy()).stages).shot(request)
    assert polite.image.sha256 == direct.image.sha256


async def test_stages_get_each_others_own_calls(tmp_path, photo, courtesy):
    """A handle takes other handles' responses by reference; what stands around them here it does not know."""
    parts = Parts(tmp_path)
    taken = []
    postprocess = parts.fakes.stages.postprocess
    stages = parts.fakes.stages
    original = postprocess.cutout
    postprocess.cutout = lambda request, image, cutout: taken.append(cutout) or original(request, image, cutout)
    await parts.workflow.through(Errand(stages, courtesy()).stages).cutout(
        CreateCutoutRequest(image={"content": photo})
    )
    assert [type(each) for each in taken] == [asyncio.Task]


async def test_time_in_stages_is_kept_for_a_shot_that_fails(tmp_path, shot, courtesy):
    parts = Parts(tmp_path, faults={"postprocess": ValueError("broken")})
    errand = Errand(parts.fakes.stages, courtesy())
    with pytest.raises(ValueError, match="broken"):
        await parts.workflow.through(errand.stages).shot(shot)
    assert set(errand.spent_s) == {"segment", "generate", "postprocess"}
    assert all(seconds > 0 for seconds in errand.spent_s.values())


async def test_cancel_reaches_the_stage_that_works(tmp_path, shot, courtesy):
    parts = Parts(tmp_path, slow={"generate": asyncio.Event()})
    polite = courtesy()
    making = asyncio.create_task(parts.workflow.through(Errand(parts.fakes.stages, polite).stages).shot(shot))
    await parts.fakes.reached("generate")
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    assert parts.fakes.cancelled == ["generate"]


async def test_cancel_before_its_turn_makes_no_call(tmp_path, shot, courtesy):
    asked = asyncio.Event()

    async def somebody():
        asked.set()
        return True

    parts = Parts(tmp_path)
    errand = Errand(parts.fakes.stages, courtesy(somebody))
    making = asyncio.create_task(parts.workflow.through(errand.stages).shot(shot))
    await asked.wait()
    making.cancel()
    await asyncio.wait([making])
    assert parts.fakes.requests == {}


@pytest.mark.parametrize("stage", ["segment", "generate", "postprocess"])
async def test_shot_waits_for_one_item_at_most_and_none_begins_while_it_is_made(tmp_path, shot, courtesy, stage):
    """However many items there are: see docs/architecture.md, section 8."""
    parts = Parts(tmp_path)
    at_work = asyncio.Event()

    async def somebody_waits():
        return at_work.is_set()

    polite, stages = courtesy(somebody_waits), OneAtATime(parts.fakes.stages, slow=stage)
    items = [
        asyncio.create_task(parts.workflow.through(Errand(stages.seen_by("item"), polite).stages).shot(shot))
        for _ in range(5)
    ]
    await until(lambda: ("item", stage) in stages.begun)
    at_work.set()
    making = asyncio.create_task(parts.workflow.through(stages.seen_by("shot")).shot(shot))
    await until(lambda: ("shot", stage) in stages.begun)
    assert stages.ahead["shot", stage] == [1]
    already = stages.begun.count(("item", stage))
    stages.gate.set()
    await making
    assert stages.begun.count(("item", stage)) == already == 1
    at_work.clear()
    await asyncio.gather(*items)
    assert stages.begun.count(("item", stage)) == 5
