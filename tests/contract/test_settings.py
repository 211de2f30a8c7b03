"""Every setting is documented, and defaults work."""

import pytest
from pydantic import BaseModel

from services.common.settings import Settings


def leaves(model, path=()):
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from leaves(field.annotation, (*path, name))
        else:
            yield ".".join((*path, name)), field


LEAVES = list(leaves(Settings))


@pytest.mark.parametrize(("name", "field"), LEAVES, ids=[name for name, _ in LEAVES])
def test_setting_is_described_in_a_sentence_and_has_a_default(name, field):
    assert field.description.endswith(".")
    assert field.description[0].isupper()
    assert not field.is_required()


def test_units_stand_in_names_of_numbers():
    numbers = [name for name, field in LEAVES if field.annotation in (int, float)]
    units = (
        "_s",
        "_mb",
        "_bytes",
        "_px",
        "_pixels",
        "port",
        "_requests",
        "_replicas",
        "_cpus",
        "_gpus",
        "threads",
        "_confidence",
        "_items",
        "_megapixels",
        "_tenants",
        "_threshold",
        "_days",
        ".price_item",
        ".price_megapixel",
    )
    counts = (
        "_running",
        "max_waiting",
        "max_held_up",
        "max_attempts",
        "max_connections",
        "max_batch",
        "slots",
        ".steps",
    )
    more_counts = (".at_once", ".at_stage", "max_queued", "max_per_tenant", "max_rank", "max_pictures", "_steps")
    weights = ("guidance", "_strength")
    assert [name for name in numbers if not name.endswith(units + counts + more_counts + weights)] == []
