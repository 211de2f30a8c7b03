"""The finished picture: the product in its scene, with all that it is made of."""

from dataclasses import replace

from services.common.deadline import Deadline
from services.common.errors import Internal
from services.common.geometry import Box
from services.generate.schema import GenerateResult
from services.postprocess.clean_plate import clean_plate
from services.postprocess.composite import Composition, compose_parts
from services.postprocess.grain import grained
from services.postprocess.harmonize import harmonized
from services.postprocess.lettering import find_lettering
from services.postprocess.preservation.reader import TextReader
from services.postprocess.product import Product
from services.postprocess.reflection import reflect
from services.postprocess.relight import relit
from services.postprocess.schema import Preservation, RestoreRequest
from services.postprocess.shadow import shade


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
