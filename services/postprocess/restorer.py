"""The postprocess stage: the product goes back into its new scene, and the picture into the store."""

import time
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

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
from services.postprocess.composite import Composition, composite, with_words
from services.postprocess.cover.printer import CoverPrinter
from services.postprocess.cover.schema import Cover, CoverText
from services.postprocess.cover.typecase import Typecase
from services.postprocess.cutout import cut_picture, frame
from services.postprocess.draft import Draft, keys_of
from services.postprocess.files import write_layer, write_layers, write_picture
from services.postprocess.inspection import Inspection
from services.postprocess.instances import Instances
from services.postprocess.linter import Linter
from services.postprocess.picture import compose
from services.postprocess.preservation.battery import Battery
from services.postprocess.preservation.colour_change import colour_change
from services.postprocess.preservation.evidence import Evidence
from services.postprocess.preservation.reader import TextReader
from services.postprocess.preservation.thresholds import Level, Thresholds
from services.postprocess.product import Product, laid_out, place_product
from services.postprocess.proof import picture_digest, product_digest
from services.postprocess.recolour.recolouring import Recolouring, recolour
from services.postprocess.schema import (
    CutoutRequest,
    CutoutResult,
    DiscardRequest,
    LayerName,
    LintRequest,
    LintResult,
    Output,
    Preservation,
    Recolour,
    ReportRequest,
    ReportResult,
    RestoreRequest,
    RestoreResult,
    Shadow,
    StoredLayer,
)
from services.provenance.writer import PictureWriter
from services.segment.schema import SegmentResult
from services.storage.blobs import BlobStore


class Restorer:
    """Finishes shots and cutouts, mends photos that break a marketplace's rules, and stores all of them.

    Args:
        store: Where results go.
        threads: Compute threads that OpenCV may use.
        writer: Makes files of pictures; where None, they say nothing of where they come from.
    """

    def __init__(self, store: BlobStore, threads: int, writer: PictureWriter | None = None) -> None:
        self._store = store
        self._writer = writer or PictureWriter()
        self._reader = TextReader(threads)
        self._battery = Battery(self._reader)
        self._linter = Linter(store, self._reader, self._writer)
        self._printer = CoverPrinter(Typecase.shipped())
        cv2.setNumThreads(threads)

    def shot(
        self, request: RestoreRequest, cutout: SegmentResult, scene: GenerateResult, deadline: Deadline
    ) -> RestoreResult:
        """Put the product into the scene, measure what became of it, and store the picture if that passes.

        Raises:
            InvalidInput: Nothing of the product is where its colour may change, or its cover's words have no room.
            Internal: The parts do not fit each other.
            StorageUnavailable: The store can't be written.
            Cancelled, DeadlineExceeded: The picture is no longer wanted.
        """
        began = time.perf_counter()
        deadline.check()
        product = place_product(request.image, cutout, request.placement)
        before = wanted = product_digest(product)
        deadline.check()
        recolouring = _recoloured(product, request.recolour, request.placement)
        if recolouring is not None:
            product = recolouring.product
            wanted = product_digest(product)
            deadline.check()
        parts = compose(request, product, scene, deadline, self._reader)
        parts, texts = self._with_cover(request.cover, parts, deadline)
        picture = with_words(parts)
        after = picture_digest(picture, product)
        change = None if recolouring is None else colour_change(picture[product.box.slices()], recolouring)
        deadline.check()
        # Letters behind an edge are no ghost of the product: what is measured is the picture without them.
        evidence = Evidence(
            picture=parts.picture,
            product=product,
            backdrop=parts.backdrop if scene.clean else None,
            harmonized=request.preservation is Preservation.HARMONIZED,
            lettering=parts.lettering,
            confidence=cutout.confidence,
            digests=(wanted, after),
            unshaded=None if scene.clean else composite(parts.background, parts.product),
            recoloured=change,
        )
        inspection = Inspection.of(evidence, Instances.of(cutout, request.placement))
        reports = inspection.reports(self._battery, Level.BASIC, request.thresholds, deadline)
        blob, layers = None, list[StoredLayer]()
        if reports.passed:
            with Draft.within(self._store, deadline) as draft:
                blob = write_picture(draft, self._writer, picture, request.output)
                layers = write_layers(draft, request, cutout, parts, inspection)
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
            recoloured=change,
            cover=texts,
        )

    def _with_cover(
        self, cover: Cover | None, parts: Composition, deadline: Deadline
    ) -> tuple[Composition, tuple[CoverText, ...]]:
        """The parts of a picture with the words of its cover, and what is told of those."""
        if cover is None:
            return parts, ()
        printed = self._printer.printed(cover, parts, deadline)
        return replace(parts, words=printed.layers), printed.texts

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
            heat_map = write_layer(draft, LayerName.HEATMAP, part.heat_map(), request.key)
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
            InvalidInput: JPEG without a background colour, or nothing of the product is where its colour may change.
            Internal: The parts do not fit each other.
            StorageUnavailable: The store can't be written.
            Cancelled, DeadlineExceeded: The picture is no longer wanted.
        """
        began = time.perf_counter()
        deadline.check()
        placement = frame(request, (image.shape[0], image.shape[1]))
        product = place_product(image, cutout, placement)
        recolouring = _recoloured(product, request.recolour, placement)
        product = product if recolouring is None else recolouring.product
        deadline.check()
        picture = cut_picture(request, product)
        with Draft.within(self._store, deadline) as draft:
            blob = write_picture(draft, self._writer, picture, request.output)
        change = None if recolouring is None else colour_change(product.color, recolouring)
        return CutoutResult(blob, time.perf_counter() - began, change)

    def lint(self, request: LintRequest, cutout: SegmentResult, deadline: Deadline) -> LintResult:
        """See `Linter.lint`."""
        return self._linter.lint(request, cutout, deadline)

    def discard(self, request: DiscardRequest, deadline: Deadline) -> None:
        """Remove what a shot stored, as far as it did.

        Args:
            request: Which shot.
            deadline: When the store is no longer waited for.

        Raises:
            StorageUnavailable: The store can't be written.
        """
        deadline.check()
        self._store.delete(keys_of(request.output, request.layers, request.instances), deadline)

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
        self._writer.write(parts.picture, request.output.format, request.output.quality)
        cut = cut_picture(CutoutRequest(None, None, request.output), product)
        self._writer.write(cut, ImageFormat.PNG, request.output.quality)


def _recoloured(product: Product, wanted: Recolour | None, placement: Placement) -> Recolouring | None:
    """The product in another colour; None where none is asked for."""
    if wanted is None:
        return None
    mask = None if wanted.mask is None else laid_out(wanted.mask, placement)[product.box.slices()]
    return recolour(product, wanted.wanted, mask)
