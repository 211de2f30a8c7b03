"""What a request to lint a photo asks of the stage that does it."""

import secrets

from services.api.lint import LintPhotoRequest
from services.common.errors import InvalidInput
from services.lint.ruleset import RuleSet, RuleSetCatalog
from services.postprocess.preservation.thresholds import Thresholds
from services.postprocess.schema import FixOrder, LintRequest
from services.provenance.origin import mended_origin
from services.storage.owner import result_key
from services.workflow.product import Product
from services.workflow.walk import Walk


class Linting:
    """Knows the rule sets, and how pictures that keep them are ordered.

    Args:
        rule_sets: Those that requests may name.
        max_side_px: Longest side of a picture.
        quality: Of files whose request names none.
    """

    def __init__(self, rule_sets: RuleSetCatalog, max_side_px: int, quality: int) -> None:
        self._rule_sets = rule_sets
        self._max_side_px = max_side_px
        self._quality = quality

    def rule_set_of(self, request: LintPhotoRequest) -> RuleSet:
        """The rule set asked for, which takes the format asked for.

        Raises:
            InvalidInput: None is named, or it takes no files of that format.
            NotFound: There is none of that name.
        """
        rule_set = self._rule_sets.get(request.rule_set)
        wanted = request.output.format
        if wanted is not None and not rule_set.takes(wanted):
            raise InvalidInput(
                f"the rule set {rule_set.id!r} takes no files of {wanted}; name another format, or none",
                field="output.format",
            )
        return rule_set

    def ordered(
        self, request: LintPhotoRequest, tenant: str, walk: Walk, product: Product, thresholds: Thresholds
    ) -> LintRequest:
        """What Postprocess is asked for.

        Args:
            request: With its photo's bytes.
            tenant: Whose request it is; stands in the new picture's key.
            walk: The request's.
            product: Found in the photo.
            thresholds: What is asked of a product that is cut out.
        """
        fix = None
        if request.fix:
            # Unguessable too, as request ids are the callers' to choose, and one may be used again.
            key = f"{result_key('fixes', tenant, walk.request_id)}-{secrets.token_hex(16)}"
            quality = request.output.quality or self._quality
            origin = mended_origin(product.file)
            fix = FixOrder(key, request.output.format, quality, self._max_side_px, origin, thresholds)
        return LintRequest(
            photo=product.photo,
            size_bytes=len(request.image.content),
            rule_set=self.rule_set_of(request),
            fix=fix,
            request_id=walk.request_id,
            deadline_s=walk.deadline.at_s,
        )
