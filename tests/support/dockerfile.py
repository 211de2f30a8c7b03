"""A Dockerfile taken apart, as far as tests ask about it."""

import re
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Stage:
    """One stage: its name, the stage or image that it begins with, and its instructions with their words."""

    name: str
    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def said(self, instruction: str) -> list[str]:
        return [text for name, text in self.instructions if name == instruction]


def read_stages(path: Path) -> dict[str, Stage]:
    """The stages by their names, in order."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    stages: dict[str, Stage] = {}
    for line in filter(None, text.splitlines()):
        instruction, _, words = line.strip().partition(" ")
        if instruction == "FROM":
            base, _, name = words.partition(" AS ")
            stages[name] = stage = Stage(name, base)
        else:
            stage.instructions.append((instruction, words.strip()))
    return stages


def ancestry(stages: dict[str, Stage], name: str) -> list[Stage]:
    """A stage and those that it stands on, the first one last."""
    found = []
    while name in stages:
        found.append(stages[name])
        name = stages[name].base
    return found
