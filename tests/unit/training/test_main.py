"""The commands of docs/training.md are those there are."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from training.__main__ import app

PAGE = Path(__file__).parents[3] / "docs" / "training.md"
LINES = re.findall(r"^python -m training (\S+)(.*)$", PAGE.read_text("utf-8"), re.MULTILINE)


def test_the_page_shows_every_command():
    assert {name for name, _ in LINES} == set(get_command(app).commands)


@pytest.mark.parametrize(("name", "options"), LINES)
def test_a_shown_command_can_be_parsed(name, options):
    command = get_command(app).commands[name]
    assert command.make_context(name, shlex.split(options)).params["home"] == Path("out/training")
