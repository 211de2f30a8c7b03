"""Another seed while the report says no, over stages that answer at once and with the real measures."""

import asyncio

import numpy as np
import pytest

from services.api.common import OutputOptions
from services.api.studio import CreateShotRequest, InstanceReport, Measure, PreservationReport, PreservationThresholds
from services.codecs.encode import encode_image
from services.codecs.photo import decode_image
from services.common.deadline import Deadline
from services.common.errors import ProductChanged, StorageUnavailable
from services.common.executor import StageExecutor
from services.common.geometry import Box
from services.common.image import ImageFormat
from services.common.metrics import Recorder, Silent
from services.common.settings import LimitSettings
from services.generate.scene import SceneCatalog
from services.postprocess.restorer import Restorer
from services.workflow.attempts import seeds
from services.workflow.local import LocalPostprocess
from services.workflow.refusal import refusal
from services.workflow.shot import ShotWorkflow
from services.workflow.stages import Stages
from tests.support.fake_stages import FakeStages
from tests.support.gateway_parts import Parts
from tests.support.memory_blobs import MemoryBlobs
from tests.support.wide_generator import WideGenerator

RED = (180, 60, 40)


@pytest.fixture
def parts(tmp_path):
    return lambda **options: Parts(tmp_path, **options)


@pytest.fixture
def shot_of(photo):
    given = {"image": {"content": photo}, "scene_id": "marble", "seed": 7}
    return lambda **fields: CreateShotRequest.model_validate({**given, **fields})


def files_in(directory):
    return [path for path in (directory / "blobs").rglob("*") if path.is_file()]


def report_in(error):
    return PreservationReport.model_validate(error.value.details["report"])


def test_seeds_follow_from_the_first_and_differ():
    first, again, other = list(seeds(7, 8)), list(seeds(7, 8)), list(seeds(8, 8))
    assert first[0] == 7
    assert first == again
    assert len({*first, *other}) == 16
    assert all(0 <= seed < 2**32 for seed in first)


async def test_picture_that_passes_at_once_is_the_only_one(parts, shot_of):
    made = parts()
    answer = await made.workflow.shot(shot_of())
    assert made.fakes.seeds == [7]
    assert (answer.report.attempts, answer.report.passed, answer.report.level) == (1, True, "BASIC")


async def test_first_picture_that_passes_is_the_answer_and_its_seed_is_told(parts, shot_of):
    made = parts(failing={"structure": 2})
    answer = await made.workflow.shot(shot_of(max_attempts=5))
    assert made.fakes.seeds == list(seeds(7, 3))
    assert answer.seed == made.fakes.seeds[-1]
    assert answer.report.attempts == 3


async def test_seed_that_is_told_makes_the_same_recipe_at_once(parts, shot_of):
    answer = await parts(failing={"structure": 1}).workflow.shot(shot_of())
    again = await parts().workflow.shot(shot_of(seed=answer.seed))
    assert again.recipe_sha256 == answer.recipe_sha256
    assert again.image.sha256 == answer.image.sha256


async def test_shot_that_never_passes_is_refused_with_its_report(parts, shot_of):
    made = parts(failing={"structure": 99})
    with pytest.raises(ProductChanged, match=r"structure is 0\.5, asked is 0\.6") as caught:
        await made.workflow.shot(shot_of(max_attempts=4), "id-1")
    assert made.fakes.seeds == list(seeds(7, 4))
    report = report_in(caught)
    assert (report.passed, report.attempts) == (False, 4)
    assert [(each.name, each.passed, each.worst.x) for each in report.measures if not each.passed] == [
        ("structure", False, 2)
    ]


async def test_number_of_attempts_is_the_services_where_the_request_names_none(parts, shot_of):
    made = parts(failing={"structure": 99}, preservation={"max_attempts": 2})
    with pytest.raises(ProductChanged):
        await made.workflow.shot(shot_of())
    assert len(made.fakes.seeds) == 2


async def test_what_no_seed_can_mend_is_refused_at_once(parts, shot_of):
    made = parts(failing={"confidence": 99, "structure": 99})
    with pytest.raises(ProductChanged, match="the picture"):
        await made.workflow.shot(shot_of(max_attempts=4))
    assert made.fakes.seeds == [7]


@pytest.mark.parametrize(
    ("failing", "told", "untold"),
    [
        ({"structure": 9}, "name another seed or scene", "photo"),
        ({"confidence": 9}, "confidence is the photo's own, in every scene: send a clearer photo", "seed"),
        ({"confidence": 9, "structure": 9}, "the rest may come out better with another seed", "structure is the photo"),
        ({"recolour_distance": 9}, "ask for another colour or mask", "seed"),
    ],
    ids=["picture", "photo", "both", "colour"],
)
async def test_refusal_advises_what_can_help(parts, shot_of, failing, told, untold):
    with pytest.raises(ProductChanged) as caught:
        await parts(failing=failing).workflow.shot(shot_of())
    assert told in caught.value.message
    assert untold not in caught.value.message


class Nearly(Deadline):
    """A deadline that is as good as over once work has begun."""

    def __init__(self):
        super().__init__()
        self.left_s = iter([60.0])

    def remaining_s(self):
        return next(self.left_s, 0.0)


async def test_report_is_told_while_there_is_time(parts, shot_of):
    made = parts(failing={"structure": 99})
    with pytest.raises(ProductChanged) as caught:
        await made.workflow.shot(shot_of(max_attempts=8), deadline=Nearly())
    assert report_in(caught).attempts == 1


async def test_every_attempt_is_told(parts, shot_of):
    events = []
    await parts(failing={"structure": 1}).workflow.shot(shot_of(), listener=events.append)
    started = [event.stage for event in events if event.state == "STARTED"]
    assert started == ["DECODE", "SEGMENT", "LAYOUT", *["GENERATE", "POSTPROCESS"] * 2]


async def test_full_report_looks_at_the_picture_again(parts, shot_of):
    made, events = parts(), []
    answer = await made.workflow.shot(shot_of(report="FULL"), listener=events.append)
    started = [event.stage for event in events if event.state == "STARTED"]
    assert started[-4:] == ["GENERATE", "POSTPROCESS", "SEGMENT", "POSTPROCESS"]
    assert np.unique(made.fakes.requests["segment"].image).tolist() == [7]
    assert answer.report.level == "FULL"
    assert [layer.name for layer in answer.layers] == ["HEATMAP"]


async def test_full_report_decides_too(parts, shot_of):
    made = parts(failing={"boundary_iou": 1})
    answer = await made.workflow.shot(shot_of(report="FULL"))
    assert made.fakes.seeds == list(seeds(7, 2))
    assert answer.report.attempts == 2


async def test_shot_that_only_the_full_report_refuses_leaves_no_file(parts, shot_of, tmp_path):
    made = parts(failing={"boundary_iou": 99})
    with pytest.raises(ProductChanged):
        await made.workflow.shot(shot_of(report="FULL", layers=["ALPHA"]))
    assert files_in(tmp_path) == []


async def test_full_report_that_fails_leaves_no_file_of_its_shot(parts, shot_of, tmp_path):
    made = parts(faults={"report": StorageUnavailable("away")})
    with pytest.raises(StorageUnavailable):
        await made.workflow.shot(shot_of(report="FULL"))
    assert files_in(tmp_path) == []


async def test_caller_that_leaves_during_the_full_report_leaves_no_file(parts, shot_of, tmp_path):
    made = parts(slow={"report": asyncio.Event()})
    work = asyncio.create_task(made.workflow.shot(shot_of(report="FULL")))
    await made.fakes.reached("report")
    assert files_in(tmp_path)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert files_in(tmp_path) == []


async def test_refusal_is_told_also_where_its_files_can_not_be_removed(parts, shot_of):
    made = parts(failing={"boundary_iou": 99}, faults={"discard": StorageUnavailable("away")})
    with pytest.raises(ProductChanged):
        await made.workflow.shot(shot_of(report="FULL"))


async def test_heat_map_is_not_drawn_twice(parts, shot_of):
    made = parts()
    answer = await made.workflow.shot(shot_of(report="FULL", layers=["HEATMAP", "ALPHA", "ALPHA"]))
    assert made.fakes.requests["postprocess"].layers == ("ALPHA",)
    assert [layer.name for layer in answer.layers] == ["ALPHA", "HEATMAP"]


@pytest.fixture
def red_block():
    """A photo whose middle is a red block, which the segmentation here takes for the product."""
    photo = np.full((120, 160, 3), 200, np.uint8)
    photo[30:90, 40:120] = RED
    content = encode_image(photo, ImageFormat.PNG, 90)
    canvas = {"width": 200, "height": 200, "scale": 1}
    return CreateShotRequest(
        image={"content": content},
        scene_id="white",
        seed=7,
        canvas=canvas,
        pose="STANDING",
        camera_pitch_deg=10,
        shadow="NONE",
        thresholds={"halo": 10},
    )


class Drawn:
    """The workflow with the real Postprocess behind a generator that draws the product too wide."""

    def __init__(self, **options):
        self.store = MemoryBlobs()
        self.generator = WideGenerator(RED, **options)
        postprocess = LocalPostprocess(Restorer(self.store, 1), StageExecutor("postprocess", Recorder(Silent)))
        stages = Stages(FakeStages().stages.segment, self.generator, postprocess)
        self.workflow = ShotWorkflow(stages, SceneCatalog.shipped(), LimitSettings(), 0.25)

    async def knows_where_it_stands(self, request):
        box = (await self.workflow.shot(request)).product_box
        self.generator.box = Box(box.top, box.left, box.height, box.width)
        self.generator.seeds.clear()
        self.store.files.clear()


async def test_product_drawn_wider_than_can_be_hidden_is_refused_and_stored_nowhere(red_block):
    drawn = Drawn()
    await drawn.knows_where_it_stands(red_block)
    with pytest.raises(ProductChanged) as caught:
        await drawn.workflow.shot(red_block)
    failed = {each.name: each for each in report_in(caught).measures if not each.passed}
    assert set(failed) == {"ghost", "halo"}
    assert failed["ghost"].value >= 11
    assert failed["halo"].threshold == 10
    assert len(drawn.generator.seeds) == 3
    assert not drawn.store.files


async def test_seed_that_draws_nothing_beside_the_product_is_found(red_block):
    drawn = Drawn(clean_seeds=list(seeds(7, 3))[2:])
    await drawn.knows_where_it_stands(red_block)
    answer = await drawn.workflow.shot(red_block)
    assert drawn.generator.seeds == list(seeds(7, 3))
    assert answer.report.passed
    assert answer.preservation.identical
    assert list(drawn.store.files) == [answer.image.key]


async def test_threshold_that_allows_what_is_seen_lets_it_pass(red_block):
    drawn = Drawn()
    await drawn.knows_where_it_stands(red_block)
    answer = await drawn.workflow.shot(
        red_block.model_copy(update={"thresholds": PreservationThresholds(halo=255, ghost=20)})
    )
    assert drawn.generator.seeds == [7]
    assert next(each for each in answer.report.measures if each.name == "halo").threshold == 255


@pytest.mark.parametrize("wider_px", range(2, 25))
async def test_product_drawn_too_wide_is_hidden_or_refused_and_never_silent(red_block, wider_px):
    drawn = Drawn(wider_px=wider_px)
    request = red_block.model_copy(
        update={"thresholds": PreservationThresholds(), "output": OutputOptions(format=ImageFormat.PNG)}
    )
    await drawn.knows_where_it_stands(request)
    try:
        answer = await drawn.workflow.shot(request)
    except ProductChanged as error:
        report = PreservationReport.model_validate(error.details["report"])
        assert "ghost" in {each.name for each in report.measures if not each.passed}
        assert wider_px > 8, "what can be hidden is hidden"
    else:
        around = drawn.generator.box.grown(30, (200, 200))
        picture = decode_image(drawn.store.files[answer.image.key], LimitSettings().image).on_white().copy()
        picture[drawn.generator.box.slices()] = (225, 228, 232)
        assert np.abs(picture[around.slices()].astype(int) - (225, 228, 232)).max() <= 6


def test_refusal_names_the_product_and_the_worst_three():
    measures = [
        Measure(name=name, value=value, threshold=1, passed=value <= 1)
        for name, value in (("halo", 2), ("ghost", 9), ("shift", 0.5), ("color", 4), ("growth", 3))
    ]
    report = PreservationReport(
        attempts=1, measures=[measures[2]], instances=[InstanceReport(instance=2, measures=measures)]
    )
    assert (
        "product 2's ghost is 9, asked is 1; product 2's color is 4, asked is 1; "
        "product 2's growth is 3, asked is 1; and 1 more;"
    ) in refusal(report).message


async def test_every_picture_and_every_refusal_is_counted(parts, shot_of):
    made = parts(failing={"structure": 99})
    with pytest.raises(ProductChanged):
        await made.workflow.shot(shot_of(max_attempts=2))
    written = made.metrics.values
    assert written["vitrine_preservation_reports_total", (("outcome", "failed"),)] == [1, 1]
    assert written["vitrine_preservation_refusals_total", (("measure", "structure"),)] == [1]
    assert min(written["vitrine_preservation_used_ratio", (("measure", "structure"),)]) > 1
