"""Sheets of what a checkpoint draws: one row per prompt, one column per seed, through the service's own pipeline."""

from collections.abc import Callable
from typing import Final

from training.artist import Artist, Image
from training.shards import Context, Shard

#: What is asked for: eight surfaces and surroundings, in the words of scenes.
PROMPTS: Final = (
    "product photograph of a bottle on an oak table, sunny living room out of focus behind, light from the left",
    "product photograph of a bottle on a polished marble top, bright hotel lobby out of focus behind",
    "product photograph of a bottle on a broken stone slab, pine forest out of focus behind, dappled light",
    "product photograph of a bottle on a concrete ledge, city square and towers out of focus behind, cool greys",
    "product photograph of a bottle on dark wooden planks, lagoon with boats out of focus behind, golden light",
    "product photograph of a bottle on a polished dark stone bar, arcade at night behind, dark and moody",
    "studio product photograph of a bottle on seamless paper, soft shadow, sage green",
    "product photograph of a bottle on a plaster ledge, plaster wall behind, sun through a window, warm cream",
)
SEEDS: Final = (1, 2, 3, 4)


def standing_product(shards: list[Shard]) -> Context:
    """The first standing product of a fair size that the shards show, cut out."""
    for shard in shards:
        for index, labels in enumerate(shard.labels):
            context = shard.context(index)
            if labels.kind == "table" and labels.product == "round" and 0.06 < context.held.mean() < 0.2:
                return context
    raise ValueError("no shard shows a standing round product; render more")


def draw_sheet(
    artist: Artist, context: Context, told: Callable[[str], None] = lambda _prompt: None
) -> list[list[Image]]:
    """All prompts with all seeds.

    Args:
        artist: Draws.
        context: The product that is held in every picture.
        told: Of each prompt as it is begun.
    """
    rows = []
    for prompt in PROMPTS:
        told(prompt)
        rows.append(artist.draw(context, prompt, SEEDS))
    return rows
