import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
from c2pa import C2paError
from PIL import Image

from services.api.studio import Canvas
from services.common.alpha import OPAQUE
from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.errors import Cancelled, DeadlineExceeded, Internal, InvalidInput
from services.common.geometry import Box
from services.common.image import ImageFormat
from services.common.light import Finish
from services.common.placement import Placement
from services.common.pose import Pose
from services.common.provenance_settings import ProvenanceSettings
from services.generate.scene import SceneCatalog
from services.generate.schema import GenerateResult
from services.postprocess.cover.schema import Cover
from services.postprocess.preservation.thresholds import Level, Thresholds
from services.postprocess.product import place_product
from services.postprocess.proof import core_digest
from services.postprocess.restorer import Restorer
from services.postprocess.schema import (
    CutoutRequest,
    LayerName,
    Output,
    Preservation,
    ReportRequest,
    RestoreRequest,
    Shadow,
)
from services.provenance.origin import Part, cutout_origin, shot_origin
from services.provenance.writer import PictureWriter
from services.segment.schema import Instance, SegmentResult
from services.workflow.fit import Fit
from services.workflow.layout import plan_layout
from tests.support.memory_blobs import MemoryBlobs
from tests.support.restoring import (
    CANVAS,
    CUTOUT,
    IMAGE,
    PNG,
    REQUEST,
    SCENE,
    core_on_canvas,
    gray,
    pixels,
)
from tests.support.signing import read_store


@pytest.mark.parametrize("pose", list(Pose))
@pytest.mark.parametrize("shadow", list(Shadow))
@pytest.mark.parametrize("finish", [Finish(0, 1), Finish(0.3, 0.05)], ids=["dull", "glossy"])
def test_exact_shot_shows_the_photos_bytes_in_the_core(
    restorer: Restorer, store: MemoryBlobs, pose: Pose, shadow: Shadow, finish: Finish
) -> None:
    request = replace(REQUEST, pose=pose, shadow=shadow)
    result = restorer.shot(request, CUTOUT, replace(SCENE, finish=finish), Deadline())
    picture = pixels(store, result.blob.key)[40:116, 35:111]
    core = CUTOUT.alpha[10:86, 10:86] == OPAQUE
    assert np.array_equal(picture[core], IMAGE[10:86, 10:86][core])
    assert result.core_sha256_before == result.core_sha256_after
    assert result.core_area_px == core.sum()
    assert result.resampling == "none"


@pytest.mark.parametrize("pose", list(Pose))
def test_own_shadow_is_no_ghost_where_the_background_is_not_known(restorer: Restorer, pose: Pose) -> None:
    result = restorer.shot(replace(REQUEST, pose=pose), CUTOUT, replace(SCENE, clean=False), Deadline())
    assert result.reports.passed
    assert (result.reports.whole.value("ghost") or 0) < 0.1


def test_picture_that_does_not_pass_is_not_stored(restorer: Restorer, store: MemoryBlobs) -> None:
    strict = Thresholds({"confidence": 1})
    request = replace(REQUEST, thresholds=strict, layers=(LayerName.ALPHA,))
    result = restorer.shot(request, replace(CUTOUT, confidence=0.9), SCENE, Deadline())
    assert (result.blob, result.layers) == (None, ())
    assert [each.name for each in result.reports.whole.failures] == ["confidence"]
    assert not store.files


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_picture_says_where_it_comes_from_and_its_layers_nothing(store: MemoryBlobs, image_format: ImageFormat) -> None:
    signing = Restorer(store, 1, PictureWriter.open(ProvenanceSettings()))
    output = replace(
        PNG, format=image_format, origin=shot_origin(Part.sent("The photo", b"of a cup"), None, drawn=True)
    )
    blob = signing.shot(replace(REQUEST, output=output, layers=(LayerName.ALPHA,)), CUTOUT, SCENE, Deadline()).blob
    assert read_store(store.files[blob.key], blob.media_type)["validation_state"] == "Valid"
    assert b"compositeWithTrainedAlgorithmicMedia" in Image.open(io.BytesIO(store.files[blob.key])).info["xmp"]
    with pytest.raises(C2paError.ManifestNotFound):
        read_store(store.files["shots/one-alpha.png"], "image/png")


def test_signing_changes_no_pixel(store: MemoryBlobs) -> None:
    signing = Restorer(store, 1, PictureWriter.open(ProvenanceSettings()))
    output = replace(PNG, key="shots/two", origin=cutout_origin(Part.sent("The photo", b"of a cup")))
    marked = signing.cutout(CutoutRequest(None, None, output), IMAGE, CUTOUT, Deadline()).blob
    plain = signing.cutout(CutoutRequest(None, None, PNG), IMAGE, CUTOUT, Deadline()).blob
    assert np.array_equal(pixels(store, marked.key), pixels(store, plain.key))


def test_layers_lie_beside_the_picture(restorer: Restorer, store: MemoryBlobs) -> None:
    request = replace(REQUEST, layers=tuple(LayerName))
    result = restorer.shot(request, CUTOUT, SCENE, Deadline())
    assert [layer.name for layer in result.layers] == list(LayerName)
    assert [layer.blob.key for layer in result.layers] == [f"shots/one-{name.lower()}.png" for name in LayerName]
    assert {(layer.blob.height, layer.blob.width) for layer in result.layers} == {CANVAS}
    assert len(store.files) == len(LayerName) + 1


def on_cover(cover: Cover) -> tuple[RestoreRequest, GenerateResult]:
    """The product low on a page that has room for words."""
    canvas_hw = (640, 480)
    camera = Camera(canvas_hw, 25.0, 30.0, (400.0, 240.0), 250.0)
    placement = Placement(canvas_hw, Box(10, 10, 76, 76), 120, 200, 1.0, Box(128, 208, 60, 60))
    scene = replace(SCENE, background=np.full((*canvas_hw, 3), (210, 220, 200), np.uint8))
    return replace(REQUEST, placement=placement, camera=camera, cover=cover), scene


def test_words_of_a_cover_stand_in_the_picture_and_change_nothing_of_the_product_and_its_report(
    restorer: Restorer, store: MemoryBlobs
) -> None:
    request, scene = on_cover(Cover("VITRINE", headline="A disc"))
    plain = restorer.shot(replace(request, cover=None), CUTOUT, scene, Deadline())
    without = pixels(store, plain.blob.key)
    result = restorer.shot(replace(request, layers=(LayerName.TEXT,)), CUTOUT, scene, Deadline())
    assert [text.part for text in result.cover] == ["MASTHEAD", "HEADLINE"]
    assert (pixels(store, result.blob.key) != without).any()
    assert result.core_sha256_after == plain.core_sha256_before
    assert result.reports.whole.measures == plain.reports.whole.measures
    assert [layer.name for layer in result.layers] == [LayerName.TEXT]


def test_words_that_have_no_room_are_refused_and_nothing_is_stored(restorer: Restorer, store: MemoryBlobs) -> None:
    with pytest.raises(InvalidInput, match=r"cover\.headline"):
        restorer.shot(replace(REQUEST, cover=Cover(headline="W" * 60)), CUTOUT, SCENE, Deadline())
    assert not store.files


def test_each_of_several_products_has_an_alpha_and_a_report(restorer: Restorer, store: MemoryBlobs) -> None:
    labels = np.ones((12, 12), np.uint8)
    labels[:, 6:] = 2
    halves = tuple(Instance(Box(18, left, 60, 30), 1400, 0.9) for left in (18, 48))
    cutout = replace(CUTOUT, instances=halves, labels=labels)
    result = restorer.shot(replace(REQUEST, layers=(LayerName.ALPHA,)), cutout, SCENE, Deadline())
    assert [layer.instance for layer in result.layers] == [0, 1, 2]
    whole, left, right = (gray(store, layer.blob.key) for layer in result.layers)
    assert np.array_equal(left + right, whole)
    assert not (left.any(axis=0) & right.any(axis=0)).any()
    assert len(result.reports.instances) == 2


def test_full_report_is_taken_of_what_was_kept(restorer: Restorer, store: MemoryBlobs) -> None:
    shot = restorer.shot(replace(REQUEST, level=Level.FULL), CUTOUT, SCENE, Deadline())
    assert shot.kept is not None
    height, width = shot.kept.evidence.picture.shape[:2]
    nothing = SegmentResult(np.zeros((height, width), np.uint16), shot.kept.evidence.picture, None, 0.0, "none", 0.0)
    whole = ReportRequest(Thresholds({"shrink": 0.1}), "shots/one")
    full = restorer.report(whole, shot, nothing, Deadline())
    assert "shrink" in {each.name for each in full.reports.whole.failures}
    [heat_map] = full.layers
    assert pixels(store, heat_map.blob.key).shape == (*CANVAS, 4)


def test_full_report_needs_its_evidence(restorer: Restorer) -> None:
    shot = restorer.shot(REQUEST, CUTOUT, SCENE, Deadline())
    with pytest.raises(Internal, match="evidence"):
        restorer.report(ReportRequest(Thresholds(), "shots/one"), shot, CUTOUT, Deadline())


def test_digest_can_be_recomputed_from_the_stored_files(restorer: Restorer, store: MemoryBlobs) -> None:
    shot = restorer.shot(REQUEST, CUTOUT, SCENE, Deadline())
    cutout = restorer.cutout(CutoutRequest(None, None, replace(PNG, key="cut")), IMAGE, CUTOUT, Deadline())
    core = core_on_canvas(pixels(store, cutout.blob.key), REQUEST.placement)
    assert core_digest(pixels(store, shot.blob.key), core).sha256 == shot.core_sha256_before


@pytest.mark.parametrize(("position_x", "position_y"), [(0.0, 1.0), (1.0, 0.2), (0.3, 0.1)])
def test_digest_of_a_product_that_the_canvas_clips_can_be_recomputed(
    restorer: Restorer, store: MemoryBlobs, position_x: float, position_y: float
) -> None:
    canvas = Canvas(width=50, height=44, scale=1, position_x=position_x, position_y=position_y)
    scene = SceneCatalog.shipped().get("marble")
    layout = plan_layout((96, 96), CUTOUT.box, scene, canvas, Fit(Pose.STANDING, 25, 1.0), 4096)
    assert layout.placement.product_box.height * layout.placement.product_box.width < 60 * 60
    request = replace(REQUEST, placement=layout.placement, camera=layout.camera)
    plate = replace(SCENE, background=np.full((44, 50, 3), 200, np.uint8))
    shot = restorer.shot(request, CUTOUT, plate, Deadline())
    cutout = restorer.cutout(CutoutRequest(None, None, replace(PNG, key="cut")), IMAGE, CUTOUT, Deadline())
    core = core_on_canvas(pixels(store, cutout.blob.key), layout.placement)
    digest = core_digest(pixels(store, shot.blob.key), core)
    assert (digest.sha256, digest.area_px) == (shot.core_sha256_after, shot.core_area_px)
    assert shot.core_area_px > 0


@pytest.mark.parametrize(("scale", "resampling"), [(0.6, "area"), (1.3, "lanczos4")])
def test_resampled_shot_is_proven_against_the_resampled_photo(
    restorer: Restorer, scale: float, resampling: str
) -> None:
    request = replace(REQUEST, placement=replace(REQUEST.placement, scale=scale))
    result = restorer.shot(request, CUTOUT, SCENE, Deadline())
    assert result.resampling == resampling
    assert result.core_area_px > 0
    assert result.core_sha256_before == result.core_sha256_after


def test_harmonized_shot_says_that_it_changed_the_product(restorer: Restorer) -> None:
    result = restorer.shot(replace(REQUEST, preservation=Preservation.HARMONIZED), CUTOUT, SCENE, Deadline())
    assert result.core_sha256_before != result.core_sha256_after


def drawn_wider(brightness: float = 1) -> GenerateResult:
    """The scene by a generator that drew the product itself, two pixels too wide all round."""
    product = place_product(IMAGE, CUTOUT, REQUEST.placement)
    alpha, color = np.zeros(CANVAS, np.float32), np.zeros((*CANVAS, 3), np.float32)
    alpha[product.box.slices()], color[product.box.slices()] = product.coverage(), cv2.blur(product.color, (5, 5))
    alpha = cv2.dilate(alpha, np.ones((5, 5), np.uint8))[..., None]
    picture = SCENE.background * (1 - alpha) + np.clip(color * brightness, 0, 255) * alpha
    return replace(SCENE, clean=False, background=np.round(picture).astype(np.uint8))


def test_ghost_of_a_drawn_product_is_gone_and_the_core_is_the_photos(restorer: Restorer, store: MemoryBlobs) -> None:
    request = replace(REQUEST, shadow=Shadow.NONE)
    result = restorer.shot(request, CUTOUT, drawn_wider(), Deadline())
    picture = pixels(store, result.blob.key).astype(int)
    clean = restorer.shot(request, CUTOUT, replace(SCENE, clean=True), Deadline())
    expected = pixels(store, clean.blob.key).astype(int)
    assert np.abs(picture - expected).max() <= 4
    assert np.abs(drawn_wider().background.astype(int) - expected).max() > 60
    assert result.core_sha256_before == result.core_sha256_after


def test_harmonized_product_takes_the_light_that_it_was_drawn_in(restorer: Restorer, store: MemoryBlobs) -> None:
    # No light can be read back from pixels of pure noise.
    blind = Thresholds({"color_mean": 20, "color_p95": 40, "color_spot": 100, "structure": 0, "halo": 255, "ghost": 10})
    request = replace(REQUEST, preservation=Preservation.HARMONIZED, thresholds=blind)
    means = []
    for brightness in (0.6, 1.0):
        blob = restorer.shot(request, CUTOUT, drawn_wider(brightness), Deadline()).blob
        means.append(pixels(store, blob.key)[70:86, 65:81].mean())
    assert means[0] / means[1] == pytest.approx(0.6, abs=0.05)


def test_same_seed_gives_the_same_picture(restorer: Restorer, store: MemoryBlobs) -> None:
    pictures = []
    for seed in (5, 5, 6):
        blob = restorer.shot(replace(REQUEST, seed=seed), CUTOUT, SCENE, Deadline()).blob
        pictures.append(pixels(store, blob.key))
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_shot_is_stored_under_its_key_with_its_size(
    restorer: Restorer, store: MemoryBlobs, image_format: ImageFormat
) -> None:
    output = Output(image_format, 88, "shots/two")
    blob = restorer.shot(replace(REQUEST, output=output), CUTOUT, SCENE, Deadline()).blob
    assert blob.key == f"shots/two.{image_format.extension}"
    assert (blob.height, blob.width) == CANVAS
    assert blob.media_type == image_format.media_type
    assert blob.size_bytes == len(store.files[blob.key])


def test_background_of_another_size_is_refused(restorer: Restorer) -> None:
    with pytest.raises(Internal, match="agree"):
        restorer.shot(REQUEST, CUTOUT, replace(SCENE, background=np.zeros((9, 9, 3), np.uint8)), Deadline())


def test_shot_is_not_made_for_a_caller_who_left(restorer: Restorer, store: MemoryBlobs) -> None:
    deadline = Deadline()
    deadline.cancel()
    with pytest.raises(Cancelled):
        restorer.shot(REQUEST, CUTOUT, SCENE, deadline)
    with pytest.raises(DeadlineExceeded):
        restorer.shot(REQUEST, CUTOUT, SCENE, Deadline(1.0))
    assert not store.files


def test_warm_up_leaves_nothing_in_the_store(restorer: Restorer, store: MemoryBlobs) -> None:
    restorer.warm_up()
    assert not store.files
