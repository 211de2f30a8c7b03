"""What a shot's caller is told."""

from services.api.studio import CreateShotResponse
from services.workflow.answer import blob_answer, box_answer, change_answer, instance_answer, layer_answer, proof_answer
from services.workflow.attempt import Attempt
from services.workflow.cover import cover_answer
from services.workflow.fit import Fit
from services.workflow.layout import Layout
from services.workflow.product import Product
from services.workflow.walk import Walk


def shot_answer(walk: Walk, product: Product, fit: Fit, layout: Layout, made: Attempt) -> CreateShotResponse:
    """The answer, its files without address and content."""
    recipe = made.recipe
    return CreateShotResponse(
        request_id=walk.request_id,
        image=blob_answer(made.picture),
        scene_id=recipe.scene.id,
        seed=recipe.seed,
        product_box=box_answer(layout.placement.product_box),
        scale=layout.placement.scale,
        confidence=product.confidence,
        preservation=proof_answer(made.restored, layout.placement),
        recipe_sha256=made.recipe_sha256,
        timings=walk.progress.timings,
        pose=recipe.pose,
        camera_pitch_deg=recipe.camera_pitch_deg,
        camera_roll_deg=recipe.camera_roll_deg,
        focal_length_mm=recipe.focal_length_mm or 0.0,
        view_confidence=fit.confidence,
        layers=[layer_answer(layer) for layer in made.layers],
        report=made.report,
        instances=[instance_answer(each) for each in product.instances],
        recoloured=made.restored.recoloured and change_answer(made.restored.recoloured),
        cover=[cover_answer(each) for each in made.restored.cover],
        mannequin_confidence=product.mannequin_confidence,
    )
