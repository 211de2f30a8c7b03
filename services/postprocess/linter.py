"""Holds photos against marketplaces' rules, and makes new pictures of those that break some.

Of the product nothing changes but its size, once: else its pixels are the photo's own, as in a shot, and proven so.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.codecs.photo import decode_image
from services.common.alpha import OPAQUE
from services.common.deadline import Deadline
from services.common.errors import Internal
from services.common.geometry import Box, SizeHW
from services.common.image import ImageFormat, ImageLimits
from services.lint.exhibit import Exhibit
from services.lint.inspector import Inspector
from services.lint.plan import Plan
from services.lint.reasons import Reasons, for_all
from services.lint.verdict import Verdict
from services.postprocess.composite import composite
from services.postprocess.draft import Draft
from services.postprocess.inspection import Inspection
from services.postprocess.instances import Instances
from services.postprocess.preservation.battery import Battery
from services.postprocess.preservation.evidence import Evidence
from services.postprocess.preservation.reader import TextReader
from services.postprocess.preservation.thresholds import Level, Thresholds
from services.postprocess.product import Product, place_product
from services.postprocess.proof import CoreDigest, picture_digest, product_digest
from services.postprocess.schema import Fix, FixOrder, LintRequest, LintResult, MendedPicture, Reports
from services.provenance.writer import PictureWriter
from services.segment.schema import SegmentResult
from services.storage.blobs import BlobStore

#: Tried in turn where a file is too large; PNG has none.
_QUALITIES: Final = (85, 75, 65, 50)
#: Our own files are as large as they may be.
_OWN: Final = ImageLimits(max_bytes=1 << 40, max_pixels=1 << 40)


class Linter:
    """Judges photos, and mends what can be mended.

    Args:
        store: Where new pictures go.
        reader: Reads what is written.
        writer: Makes files of new pictures.
    """

    def __init__(self, store: BlobStore, reader: TextReader, writer: PictureWriter) -> None:
        self._store = store
        self._writer = writer
        self._inspector = Inspector(reader)
        self._battery = Battery(reader)

    def lint(self, request: LintRequest, cutout: SegmentResult, deadline: Deadline) -> LintResult:
        """Hold a photo against a rule set; where it breaks rules and a fix is asked for, make and store a new picture.

        Args:
            request: The photo, and what it is held against.
            cutout: The product in it.
            deadline: Looked at between steps.

        Raises:
            Internal: Photo and cutout do not fit each other.
            StorageUnavailable: The store can't be written.
            Cancelled, DeadlineExceeded: The result is no longer wanted.
        """
        began = time.perf_counter()
        deadline.check()
        photo = _exhibit(request, cutout)
        verdict = self._inspector.judge(request.rule_set, photo, deadline)
        fix = None
        if request.fix is not None and verdict.broken:
            fix = self._fixed(request, request.fix, cutout, photo, verdict, deadline)
        return LintResult(verdict, fix, time.perf_counter() - began)

    def _fixed(
        self,
        request: LintRequest,
        order: FixOrder,
        cutout: SegmentResult,
        photo: Exhibit,
        verdict: Verdict,
        deadline: Deadline,
    ) -> Fix:
        plan = Plan.of(request.rule_set, verdict, photo, order.format, order.max_side_px)
        reasons = Reasons(request.rule_set, photo)
        if not plan.steps:
            return Fix(reasons.told(verdict), None)
        deadline.check()
        product = place_product(request.photo.image, cutout, plan.placement)
        picture = _composed(plan, photo.image, product)
        digests = product_digest(product), picture_digest(picture, product)
        reports = None
        if plan.cut_out:
            reports = self._measured(plan, picture, product, cutout, digests, order.thresholds, deadline)
        mended = MendedPicture(
            None, plan.steps, plan.placement, reports, digests[0].sha256, digests[1].sha256, digests[0].area_px,
            product.resampling,
        )  # fmt: skip
        if reports is not None and not reports.passed:
            return Fix(for_all(verdict, f"the product would not be kept: {_failed(reports)}"), mended)
        deadline.check()
        data = self._smallest(picture, plan, order)
        seen = _seen_again(data, plan.format, product, plan.placement.canvas_hw)
        after = reasons.told(self._inspector.judge(request.rule_set, seen, deadline))
        with Draft.within(self._store, deadline) as draft:
            blob = draft.put(f"{order.key}.{plan.format.extension}", data, plan.format)
        height, width = plan.placement.canvas_hw
        return Fix(after, replace(mended, blob=replace(blob, width=width, height=height)))

    def _smallest(self, picture: NDArray[np.uint8], plan: Plan, order: FixOrder) -> bytes:
        """The picture's file, at the best quality at which it is small enough, or at the least."""
        data = b""
        for each in _qualities(plan.format, order.quality):
            data = self._writer.write(picture, plan.format, each, order.origin)
            if plan.most_bytes is None or len(data) <= plan.most_bytes:
                break
        return data

    def _measured(
        self,
        plan: Plan,
        picture: NDArray[np.uint8],
        product: Product,
        cutout: SegmentResult,
        digests: tuple[CoreDigest, CoreDigest],
        thresholds: Thresholds,
        deadline: Deadline,
    ) -> Reports:
        """The basic reports of a product on its new ground."""
        evidence = Evidence(
            picture=picture,
            product=product,
            backdrop=np.full_like(picture, plan.ground),
            harmonized=False,
            confidence=cutout.confidence,
            digests=digests,
        )
        inspection = Inspection.of(evidence, Instances.of(cutout, plan.placement))
        return inspection.reports(self._battery, Level.BASIC, thresholds, deadline)


def _exhibit(request: LintRequest, cutout: SegmentResult) -> Exhibit:
    """The photo as it came."""
    photo = request.photo
    if cutout.box is None or cutout.alpha.shape != photo.image.shape[:2]:
        raise Internal(f"the photo is {photo.image.shape}, its alpha {cutout.alpha.shape}, its box {cutout.box}")
    transparent = photo.alpha is not None
    return Exhibit(photo.on_white(), cutout.alpha, cutout.box, photo.format, request.size_bytes, transparent)


def _composed(plan: Plan, shown: NDArray[np.uint8], product: Product) -> NDArray[np.uint8]:
    """The new picture, (H, W, 3) uint8 sRGB: the product on its ground, or the whole photo, `shown`."""
    ground = np.full((*plan.placement.canvas_hw, 3), plan.ground, np.uint8)
    if plan.cut_out:
        return composite(ground, product)
    height, width = shown.shape[:2]
    everything = np.full((height, width), OPAQUE, np.uint16)
    whole = SegmentResult(everything, shown, Box(0, 0, height, width), 1.0, "none", 0.0)
    return composite(ground, place_product(shown, whole, plan.placement))


def _qualities(image_format: ImageFormat, quality: int) -> Iterator[int]:
    yield quality
    if image_format is not ImageFormat.PNG:
        yield from (each for each in _QUALITIES if each < quality)


def _seen_again(data: bytes, image_format: ImageFormat, product: Product, canvas_hw: SizeHW) -> Exhibit:
    """The new picture as it comes out of its file, of which it is known where the product is."""
    alpha = np.zeros(canvas_hw, np.uint16)
    alpha[product.box.slices()] = product.alpha
    return Exhibit(decode_image(data, _OWN).on_white(), alpha, _box_of(alpha), image_format, len(data))


def _box_of(alpha: NDArray[np.uint16]) -> Box:
    """Around all pixels above half; all of the picture where there is none, of a product too small to be seen."""
    solid = alpha > OPAQUE // 2
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    if not len(rows):
        return Box(0, 0, *alpha.shape)
    top, left = int(rows[0]), int(columns[0])
    return Box(top, left, int(rows[-1]) + 1 - top, int(columns[-1]) + 1 - left)


def _failed(reports: Reports) -> str:
    """The measures that did not pass, in words."""
    failures = (each for report in (reports.whole, *reports.instances) for each in report.failures)
    told = dict.fromkeys(f"{each.name} is {each.value:.4g}, asked is {each.threshold:.4g}" for each in failures)
    return "; ".join(told)
