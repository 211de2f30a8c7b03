"""Writes the tables of the documents from what they describe, or checks that they still agree.

    python docs/tables.py          write
    python docs/tables.py --check  exit 1 and name the documents that are out of step

A table stands between `<!-- table: name -->` and `<!-- end -->`.
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from services.common.settings import Settings
from services.gateway.status import TABLE
from services.generate.scene import SceneCatalog
from services.lint.ruleset import RuleSetCatalog
from services.postprocess.preservation.thresholds import CRITERIA, Sense
from services.webhooks.schedule import PAUSES_S

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(<!-- table: ([a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def settings_rows() -> Iterator[tuple[str, ...]]:
    """Every setting with its environment variable, default and meaning."""
    yield "variable", "default", "meaning"
    yield from _leaves(Settings, "VITRINE_")


def _leaves(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _leaves(field.annotation, f"{variable}__")
        else:
            yield f"`{variable}`", _default(name, field.default), field.description or ""


def _default(name: str, value: object) -> str:
    if value is PydanticUndefined:  # made when needed, because it depends on the user's home
        return f"the user's own {name.removesuffix('_dir')} folder"
    shown = value.get_secret_value() if hasattr(value, "get_secret_value") else value
    return f"`{shown}`" if shown != "" else "empty"


def error_rows() -> Iterator[tuple[str, ...]]:
    """Every error code with its status on both protocols."""
    yield "code", "HTTP", "gRPC", "the same request may succeed later"
    for code, status in TABLE.items():
        yield f"`{code}`", str(status.http), status.grpc.name, "yes" if status.retryable else "no"


def scene_rows() -> Iterator[tuple[str, ...]]:
    """Every scene with what it fits."""
    yield "scene", "what it is", "poses", "camera pitch"
    for scene in SceneCatalog.shipped().scenes.values():
        poses = ", ".join(pose.value.lower() for pose in scene.poses)
        yield f"`{scene.id}`", scene.description, poses, f"{scene.pitch.min:.0f} to {scene.pitch.max:.0f} degrees"


def measure_rows() -> Iterator[tuple[str, ...]]:
    """Every measure of a preservation report with its threshold."""
    yield "measure", "what it is", "report", "threshold: passes at", "of", "may be asked"
    for criterion in CRITERIA:
        side = "at most" if criterion.sense is Sense.AT_MOST else "at least"
        passes = f"{side} {criterion.default:g}"
        span = f"{criterion.lowest:g} to {criterion.highest:.10g}"
        yield f"`{criterion.name}`", criterion.meaning, criterion.level.lower(), passes, criterion.unit, span


def rule_rows() -> Iterator[tuple[str, ...]]:
    """Every rule of every shipped rule set, with where it stands."""
    yield "rule set", "rule", "kind", "", "wanted", "where it stands, read on"
    for rule_set in RuleSetCatalog.shipped().rule_sets.values():
        for rule in rule_set.rules:
            wanted = f"{rule.wanted}. {rule.note}" if rule.note else rule.wanted
            stands = f"{rule.source.page}, {rule.source.read}"
            yield f"`{rule_set.id}`", f"`{rule.id}`", rule.kind, rule.level.lower(), wanted, stands


def retry_rows() -> Iterator[tuple[str, ...]]:
    """Every attempt to deliver a message to a webhook, with the pause before it."""
    yield "attempt", "pause before it", "since the first"
    yield "1", "none", ""
    since_s = 0.0
    for attempt, pause_s in enumerate(PAUSES_S, start=2):
        since_s += pause_s
        yield str(attempt), _duration(pause_s), _duration(since_s)


def _duration(seconds: float) -> str:
    minutes, s = divmod(round(seconds), 60)
    h, minutes = divmod(minutes, 60)
    return " ".join(f"{value} {unit}" for value, unit in ((h, "h"), (minutes, "min"), (s, "s")) if value)


TABLES: dict[str, Callable[[], Iterator[tuple[str, ...]]]] = {
    "settings": settings_rows,
    "errors": error_rows,
    "scenes": scene_rows,
    "measures": measure_rows,
    "rules": rule_rows,
    "retries": retry_rows,
}


def markdown(rows: Iterator[tuple[str, ...]]) -> str:
    """The rows as a Markdown table; the first is the head."""
    head, *body = rows
    lines = [head, tuple("---" for _ in head), *body]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def renewed(text: str) -> str:
    """The document with its tables written anew."""
    return BLOCK.sub(lambda found: f"{found[1]}{markdown(TABLES[found[2]]())}{found[3]}", text)


def main() -> int:
    """Write or check all documents."""
    check = "--check" in sys.argv[1:]
    stale = []
    for document in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = document.read_text("utf-8")
        if renewed(text) != text:
            stale.append(document.relative_to(ROOT))
            if not check:
                document.write_text(renewed(text), "utf-8")
    if stale:
        print("out of step:" if check else "written:", *stale)  # noqa: T201 # a script's answer
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main())
