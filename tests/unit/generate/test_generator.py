from dataclasses import replace

import numpy as np
import pytest

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.errors import Cancelled, DeadlineExceeded, Internal, NotFound
from services.common.geometry import Box
from services.common.metrics import Recorder
from services.common.placement import Placement
from services.generate.environment import Environment
from services.generate.generator import Generator
from services.generate.plates.materials.catalog import MaterialName
from services.generate.plates.painter import PlatePainter
from services.generate.scene import SceneCatalog
from services.generate.schema import Drawing, GenerateRequest
from services.generate.upscale.upscaler import Upscaler
from tests.support.fake_metrics import FakeMetrics
from tests.support.panorama import room_with_window

CAMERA = Camera((80, 64), 10, 30, (64, 32), 120)
CATALOG = SceneCatalog.shipped()


@pytest.mark.parametrize("scene_id", list(CATALOG.scenes))
@pytest.mark.parametrize("bound", ["min", "default", "max"])
def test_every_scene_renders_in_its_pitch_range(generator: Generator, scene_id: str, bound: str) -> None:
    camera = Camera((80, 64), getattr(CATALOG.get(scene_id).pitch, bound), 30, (64, 32), 120)
    result = generator.run(GenerateRequest(scene_id, camera, seed=7), Deadline())
    assert result.background.shape == (80, 64, 3)
    assert result.engine == PlatePainter.name


def test_an_unknown_scene_is_not_found(generator: Generator) -> None:
    with pytest.raises(NotFound):
        generator.run(GenerateRequest("moon", CAMERA, seed=0), Deadline())


def test_a_passed_deadline_stops_the_work(generator: Generator) -> None:
    with pytest.raises(DeadlineExceeded):
        generator.run(GenerateRequest("marble", CAMERA, seed=0), Deadline.after(-1))


def test_a_caller_who_leaves_midway_stops_the_work() -> None:
    deadline = Deadline()

    def leave_while_loading(name: str) -> Environment:
        deadline.cancel()
        return Environment(room_with_window(90, 40))

    generator = Generator(CATALOG, PlatePainter(leave_while_loading, texture_px=64))
    with pytest.raises(Cancelled):
        generator.run(GenerateRequest("marble", CAMERA, seed=0), deadline)


def test_panoramas_and_textures_are_made_once(room: Environment) -> None:
    loaded: list[str] = []

    def load(name: str) -> Environment:
        loaded.append(name)
        return room

    plates = PlatePainter(load, texture_px=64)
    for seed in range(3):
        plates.paint(CATALOG.get("marble"), CAMERA, seed, Deadline())
    assert len(loaded) == 1
    assert plates.texture(MaterialName.MARBLE, 0) is plates.texture(MaterialName.MARBLE, 0)


def test_warming_up_fetches_every_panorama(room: Environment) -> None:
    loaded: set[str] = set()

    def load(name: str) -> Environment:
        loaded.add(name)
        return room

    Generator(CATALOG, PlatePainter(load, texture_px=64)).warm_up()
    named = {scene.backdrop.environment.name for scene in CATALOG.scenes.values() if scene.backdrop.kind == "table"}
    assert loaded == named


def test_a_repeated_request_gives_the_plate_that_was_drawn_before(room: Environment) -> None:
    generator = Generator(CATALOG, PlatePainter(lambda name: room, texture_px=64, plates_bytes=1 << 20))
    first, second = (generator.run(GenerateRequest("marble", CAMERA, seed=1), Deadline()) for _ in range(2))
    other = generator.run(GenerateRequest("marble", CAMERA, seed=2), Deadline())
    assert first.background is second.background
    assert not first.background.flags.writeable
    assert other.background is not first.background


def test_plates_that_are_drawn_and_that_were_drawn_before_are_counted(room: Environment) -> None:
    metrics = FakeMetrics()
    plates = PlatePainter(lambda name: room, texture_px=64, plates_bytes=1 << 20, recorder=Recorder(metrics))
    for seed in (1, 1, 2):
        plates.paint(CATALOG.get("marble"), CAMERA, seed, Deadline())
    assert metrics.values["vitrine_plates_total", (("outcome", "miss"),)] == [1, 1]
    assert metrics.values["vitrine_plates_total", (("outcome", "hit"),)] == [1]


def test_results_do_not_depend_on_what_was_drawn_before(room: Environment) -> None:
    request = GenerateRequest("park-stone", CAMERA, seed=3)
    fresh = Generator(CATALOG, PlatePainter(lambda name: room, texture_px=64))
    used = Generator(CATALOG, PlatePainter(lambda name: room, texture_px=64))
    used.run(GenerateRequest("park-stone", CAMERA, seed=9), Deadline())
    np.testing.assert_array_equal(fresh.run(request, Deadline()).background, used.run(request, Deadline()).background)


def test_reference_takes_the_place_of_the_plate_and_the_light_stays(generator: Generator) -> None:
    reference = np.full((40, 300, 3), (10, 60, 160), np.uint8)
    plain = generator.run(GenerateRequest("marble", CAMERA, seed=1), Deadline())
    other = generator.run(GenerateRequest("marble", CAMERA, seed=1, reference=reference), Deadline())
    assert other.background.shape == (80, 64, 3)
    assert (other.background == (10, 60, 160)).all()
    assert (other.light, other.clean) == (plain.light, True)


class Repeating:
    """A network that draws no detail."""

    name = "repeating"

    def __call__(self, planes: np.ndarray) -> np.ndarray:
        return planes.repeat(4, 2).repeat(4, 3)


def upscaling(room: Environment) -> Generator:
    plates = PlatePainter(lambda name: room, texture_px=64)
    return Generator(CATALOG, plates, upscaler=Upscaler("repeating 3", Repeating(), 4, 0))


def test_small_reference_is_enlarged_by_the_network_and_the_engine_says_so(room: Environment) -> None:
    reference = np.full((40, 32, 3), (10, 60, 160), np.uint8)
    request = GenerateRequest("marble", CAMERA, seed=1, reference=reference, upscale=True)
    result = upscaling(room).run(request, Deadline())
    assert result.background.shape == (80, 64, 3)
    assert result.engine == f"{PlatePainter.name}, upscaled-1 repeating 3"


def test_plate_has_its_size_already_and_no_network_sees_it(room: Environment) -> None:
    request = GenerateRequest("marble", CAMERA, seed=1)
    plain, asked = (upscaling(room).run(replace(request, upscale=each), Deadline()) for each in (False, True))
    assert asked.engine == PlatePainter.name
    np.testing.assert_array_equal(asked.background, plain.background)


def test_larger_background_where_nothing_enlarges_is_our_fault(generator: Generator) -> None:
    with pytest.raises(Internal, match="no network that enlarges"):
        generator.run(GenerateRequest("marble", CAMERA, seed=1, upscale=True), Deadline())


def test_drawing_where_nothing_can_draw_is_our_fault(generator: Generator) -> None:
    drawing = Drawing(Placement((80, 64), Box(0, 0, 9, 9), 0, 0, 1.0, Box(0, 0, 9, 9)), "a cup")
    with pytest.raises(Internal, match="no diffusion model"):
        generator.run(GenerateRequest("marble", CAMERA, seed=1, drawing=drawing), Deadline())
