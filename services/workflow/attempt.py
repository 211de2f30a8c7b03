"""A finished picture with its verdict."""

from dataclasses import dataclass

from services.api.studio import PreservationReport
from services.common.errors import Internal
from services.postprocess.schema import RestoreResult, StoredLayer
from services.storage.blobs import StoredBlob
from services.workflow.recipe import Recipe


@dataclass(frozen=True)
class Attempt:
    """A finished picture and what was measured of it.

    Args:
        recipe: What it is made of, with the seed of this attempt.
        restored: What Postprocess told of it.
        layers: Those stored beside it.
        report: The verdict.
        recipe_sha256: See `Recipe.sha256`.
    """

    recipe: Recipe
    restored: RestoreResult
    layers: tuple[StoredLayer, ...]
    report: PreservationReport
    recipe_sha256: str

    @property
    def picture(self) -> StoredBlob:
        """Where it lies."""
        if self.restored.blob is None:
            raise Internal("a picture that did not pass was to be handed out")
        return self.restored.blob
