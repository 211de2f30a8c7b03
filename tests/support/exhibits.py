"""Pictures that rules are held against, and small rule sets."""

import numpy as np
from pydantic import TypeAdapter

from services.common.alpha import OPAQUE
from services.common.geometry import Box
from services.lint.exhibit import Exhibit
from services.lint.rules import Rule
from services.lint.ruleset import RuleSet

SOURCE = {"page": "A page", "url": "https://market.example/rules", "read": "2026-11-23"}
AIM = {"format": "JPEG", "ground": "#ffffff", "aspect": 1.0, "fill": 0.9, "loosest": 0.8}


def packshot(size_hw=(200, 200), box=None, ground=255, image_format="JPEG", size_bytes=10_000, transparent=False):
    """A dark product that fills a box, by default the middle, of a picture of one colour."""
    height, width = size_hw
    box = box or Box(height // 4, width // 4, height // 2, width // 2)
    image = np.full((height, width, 3), ground, np.uint8)
    image[box.slices()] = (60, 40, 30)
    alpha = np.zeros((height, width), np.uint16)
    alpha[box.slices()] = OPAQUE
    return Exhibit(image, alpha, box, image_format, size_bytes, transparent)


def rule_set(*rules, **aim):
    """A rule set of rules without ids and sources, which they get here."""
    numbered = [
        {"id": f"rule-{number}", "source": SOURCE, **rule} for number, rule in enumerate(rules or [{"kind": "text"}])
    ]
    return RuleSet.model_validate({"id": "own", "title": "Own", "rules": numbered, "aim": AIM | aim})


def rule(kind, **fields):
    """One rule."""
    return TypeAdapter(Rule).validate_python({"id": "own", "source": SOURCE, "kind": kind, **fields})
