"""The postprocess stage's way from a cutout and a generated scene to a picture, without a store."""

import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.evaluation.case import Case
from services.generate.schema import GenerateResult
from services.postprocess.picture import compose
from services.postprocess.schema import Preservation, Shadow


def finished(
    case: Case, scene: GenerateResult, preservation: Preservation, shadow: Shadow = Shadow.NONE
) -> NDArray[np.uint8]:
    """The picture, (H, W, 3) uint8 sRGB of the photo's own size: every pixel of the product stays where it was."""
    return compose(case.request(preservation, shadow), case.product, scene, Deadline()).picture
