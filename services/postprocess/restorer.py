"""The postprocess stage: the product goes back into its new scene, and the picture into the store."""

import time
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from services.codecs.encode import encode_image
from services.codecs.png import encode_png
from services.codecs.profile import srgb_profile
from services.common.alpha import OPAQUE
from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.errors import Internal
from services.common.geometry import Box
from services.common.image import ImageFormat
from services.common.light import Finish, Light
from services.common.placement import Placement
from services.common.pose import Pose
from services.generate.schema import GenerateResult
from services.postprocess.clean_plate import clean_plate
from services.postprocess.composite import Composition, compose_parts, composite, on_color
from services.postprocess.draft import Draft, keys_of, layer_key, picture_key
from services.postprocess.grain import grained
from services.postprocess.harmonize import harmonized
from services.postprocess.inspection import Inspection
from services.postprocess.instances import Instances
from services.postprocess.layers import draw_layer, draw_uncertainty
from services.postprocess.lettering import find_lettering
from services.postprocess.preservation.battery import Battery
from services.postprocess.preservation.evidence import Evidence
from services.postprocess.preservation.text import TextReader
from services.postprocess.preservation.thresholds import Level, Thresholds
from services.postprocess.product import Product, place_product
from services.postprocess.proof import picture_digest, product_digest
from services.postprocess.reflection import reflect
from services.postprocess.relight import relit
from services.postprocess.schema import (
    CutoutRequest,
    CutoutResult,
    DiscardRequest,
    LayerName,
    Output,
    Preservation,
    ReportRequest,
    ReportResult,
    RestoreRequest,
    RestoreResult,
    Shadow,
    StoredLayer,
)
from services.postprocess.shadow import shade
from services.segment.schema import SegmentResult
from services.storage.blobs import BlobStore, StoredBlob

#: Side of the square around a covered pixel in which a cutout's file keeps colour.
_EDGE_PX = 17


class Restorer:
    """Finishes shots and cutouts and stores them.

    Args:
        store: Where results go.
        threads: Compute threads that OpenCV may use.
    """

    def __init__(self, store: BlobStore, threads: int) -> None:
        self._store = store
        self._reader = TextReader(threads)
        self._battery = Battery(self._reader)
        cv2.setNumThreads(threads)

    def shot(
        self, request: RestoreRequest, cutout: SegmentResult, scene: GenerateResult, deadline: Deadline
    ) -> RestoreResult:
        """Put the product into the scene, measure what became of it, and store the picture if that passes.

        Raises:
            Internal: The parts do not fit each other.
            StorageUnavailable: The store can't be written.
            Cancelled, DeadlineExceeded: The picture is no longer wanted.
        """
        began = time.perf_counter()
        deadline.check()
        product = place_product(request.image, cutout, request.placement)
        before = product_digest(product)
        deadline.check()
        parts = compose(request, product, scene, deadline, self._reader)
        after = picture_digest(parts.picture, product)
        deadline.check()
        evidence = Evidence(
            picture=parts.picture,
            product=product,
            backdrop=parts.backdrop if scene.clean else None,
            harmonized=request.preservation is Preservation.HARMONIZED,
            lettering=parts.lettering,
            confidence=cutout.confidence,
            digests=(before, after),
            unshaded=None if scene.clean else composite(parts.background, parts.product),
        )
        inspection = Inspection.of(evidence, Instances.of(cutout, request.placement))
        reports = inspection.reports(self._battery, Level.BASIC, request.thresholds, deadline)
        blob, layers = None, list[StoredLayer]()
        if reports.passed:
            with Draft.within(self._store, deadline) as draft:
                blob = _write(draft, parts.picture, request.output)
                layers = _write_layers(draft, request, cutout, parts, inspection)
        return RestoreResult(
            blob=blob,
            layers=tuple(layers),
            reports=reports,
            kept=inspection.excerpt() if request.level is Level.FULL else None,
            core_sha256_before=before.sha256,
            core_sha256_after=after.sha256,
            core_area_px=before.area_px,
            resampling=product.resampling,
            duration_s=time.perf_counter() - began,
        )

    def report(
        self, request: ReportRequest, shot: RestoreResult, seen: SegmentResult, deadline: Deadline
    ) -> ReportResult:
        """Measure everything of a finished shot, and store where it changed as a heat map.

        Args:
            request: What is asked of it.
            shot: With its evidence.
            seen: What segmentation finds in the evidence's picture.
            deadline: Looked at between steps.

        Raises:
            Internal: The shot has no evidence.
            StorageUnavailable: The store can't be written.
            Cancelled, DeadlineExceeded: The report is no longer wanted.
        """
        began = time.perf_counter()
        deadline.check()
        if shot.kept is None:
            raise Internal("the shot was made without evidence for a full report")
        part = shot.kept.seen_as(seen)
        reports = part.reports(self._battery, Level.FULL, request.thresholds, deadline)
        deadline.check()
        with Draft.within(self._store, deadline) as draft:
            heat_map = _write_layer(draft, LayerName.HEATMAP, part.heat_map(), request.key)
        return ReportResult(reports, (heat_map,), time.perf_counter() - began)

    def cutout(
        self, request: CutoutRequest, image: NDArray[np.uint8], cutout: SegmentResult, deadline: Deadline
    ) -> CutoutResult:
        """Store a cutout as a picture of its own.

        The alpha of an RGBA file is rounded down, so that 255 means fully opaque and nothing less. Away from the
        product its colours are black, so that nobody finds the old background under the transparency.

        Args:
            request: What to keep and how to write it.
            image: (H, W, 3) uint8 sRGB, the photo, which stands in the picture where the product is opaque.
            cutout: Alpha and foreground of the photo's size.
            deadline: Looked at between steps.

        Raises:
            InvalidInput: JPEG without a background colour.
            Internal: The parts do not fit each other.
            StorageUnavailable: The store can't be written.
            Cancelled, DeadlineExceeded: The picture is no longer wanted.
        """
        began = time.perf_counter()
        deadline.check()
        picture = cut_picture(request, image, cutout)
        with Draft.within(self._store, deadline) as draft:
            blob = _write(draft, picture, request.output)
        return CutoutResult(blob, time.perf_counter() - began)

    def discard(self, request: DiscardRequest, deadline: Deadline) -> None:
        """Remove what a shot stored, as far as it did.

        Args:
            request: Which shot.
            deadline: Looked at once, as it is quick.

        Raises:
            StorageUnavailable: The store can't be written.
        """
        deadline.check()
        self._store.delete(keys_of(request.output, request.layers, request.instances))

    def warm_up(self) -> None:
        """Load the networks that read, and run a small shot and a small cutout through all but the store."""
        self._reader.warm_up()
        image = np.full((96, 96, 3), 128, np.uint8)
        alpha = np.zeros((96, 96), np.uint16)
        alpha[24:72, 24:72] = OPAQUE
        box = Box(24, 24, 48, 48)
        camera = Camera((128, 128), 20.0, 30.0, (90.0, 64.0), 200.0)
        placement = Placement((128, 128), box, 40, 40, 1.0, Box(40, 40, 48, 48))
        light = Light(40.0, 45.0, 15.0, (0.6, 0.6, 0.6), (0.4, 0.4, 0.4))
        request = RestoreRequest(
            image, placement, camera, Pose.STANDING, Shadow.SOFT, Preservation.HARMONIZED,
            Output(ImageFormat.JPEG, 90, "warm-up"),
        )  # fmt: skip
        cutout = SegmentResult(alpha, image, box, 1.0, "none", 0.0)
        scene = GenerateResult(np.full((128, 128, 3), 220, np.uint8), light, Finish(0.1, 0.2), "none", 0.0)
        product = place_product(image, cutout, placement)
        parts = compose(request, product, scene, Deadline(), self._reader)
        evidence = Evidence(parts.picture, product, parts.backdrop, harmonized=True, confidence=1.0)
        self._battery.report(evidence, Level.BASIC, Thresholds())
        encode_image(parts.picture, request.output.format, request.output.quality)
        cut = cut_picture(CutoutRequest(None, None, request.output), image, cutout)
        encode_image(cut, ImageFormat.PNG, request.output.quality)


def cut_picture(request: CutoutRequest, image: NDArray[np.uint8], cutout: SegmentResult) -> NDArray[np.uint8]:
    """The cutout as a picture: (H, W, 4) uint8 sRGB with straight alpha, or (H, W, 3) on the colour asked for.

    Raises:
        Internal: Photo and cutout are of different sizes.
    """
    height, width = cutout.alpha.shape
    crop = request.crop or Box(0, 0, height, width)
    canvas = Box(0, 0, crop.height, crop.width)
    product = place_product(image, cutout, Placement((crop.height, crop.width), crop, 0, 0, 1.0, canvas))
    if request.background is not None:
        return on_color(product.color, product.alpha, request.background)
    return np.dstack([_blanked(product.color, product.alpha), (product.alpha // 257).astype(np.uint8)])


def _blanked(color: NDArray[np.uint8], alpha: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Colour where alpha or the resampling of its edge needs it, and nothing of the old background elsewhere."""
    near = cv2.dilate(alpha, np.ones((_EDGE_PX, _EDGE_PX), np.uint8)) > 0
    return color * near[..., None]


def compose(
    request: RestoreRequest,
    product: Product,
    scene: GenerateResult,
    deadline: Deadline,
    reader: TextReader | None = None,
) -> Composition:
    """The finished picture of the canvas' size, with all that it is made of.

    Args:
        request: What is asked for.
        product: On the canvas.
        scene: As it was generated.
        deadline: Looked at between steps.
        reader: Finds print where light is adapted; None = print is treated as everything else.

    Raises:
        Internal: Background, camera and placement are of different sizes.
        Cancelled, DeadlineExceeded: The picture is no longer wanted.
    """
    canvas_hw = request.placement.canvas_hw
    if scene.background.shape != (*canvas_hw, 3) or request.camera.size_hw != canvas_hw:
        raise Internal(
            f"the background is {scene.background.shape} and the camera's picture {request.camera.size_hw}; "
            f"the canvas is {canvas_hw}, and all must agree"
        )
    shading = shade(product, request.camera, scene.light, request.pose, request.shadow, deadline)
    deadline.check()
    reflection = reflect(product, request.camera, scene.finish, request.pose)
    deadline.check()
    plate = clean_plate(scene, product, request.seed, deadline)
    background = grained(plate.background, product, request.image, request.seed)
    deadline.check()
    text: tuple[Box, ...] = ()
    if request.preservation is Preservation.HARMONIZED:
        text = find_lettering(product, reader) if reader else ()
        deadline.check()
        lit = relit(product, scene.background, text) if plate.drawn else None
        product = lit or harmonized(product, plate.background, scene.light, text)
        deadline.check()
    return replace(compose_parts(background, product, shading, reflection), lettering=text)


def _write(draft: Draft, picture: NDArray[np.uint8], output: Output) -> StoredBlob:
    data = encode_image(picture, output.format, output.quality)
    blob = draft.put(picture_key(output), data, output.format)
    return replace(blob, width=picture.shape[1], height=picture.shape[0])


def _write_layers(
    draft: Draft, request: RestoreRequest, cutout: SegmentResult, parts: Composition, inspection: Inspection
) -> list[StoredLayer]:
    """Those asked for; of several products each has an alpha of its own behind that of all."""
    written = []
    key = request.output.key
    for name in request.layers:
        if name is LayerName.HEATMAP:
            drawn: NDArray[Any] = inspection.heat_map()
        elif name is LayerName.UNCERTAINTY:
            drawn = draw_uncertainty(cutout, request.placement)
        else:
            drawn = draw_layer(name, parts)
        written.append(_write_layer(draft, name, drawn, key))
        if name is LayerName.ALPHA and inspection.instances:
            for number in inspection.instances.numbers:
                drawn = np.where(inspection.instances.labels == number, draw_layer(name, parts), np.uint16(0))
                written.append(_write_layer(draft, name, drawn, key, number))
    return written


def _write_layer(
    draft: Draft, name: LayerName, layer: NDArray[np.uint8] | NDArray[np.uint16], key: str, instance: int = 0
) -> StoredLayer:
    data = encode_png(layer, srgb_profile() if layer.ndim == 3 else b"")
    blob = draft.put(layer_key(key, name, instance), data, ImageFormat.PNG)
    return StoredLayer(name, replace(blob, width=layer.shape[1], height=layer.shape[0]), instance)
