"""The names that schemas leave free."""

import re
from pathlib import Path

from k8s.checks.names import ENVIRONMENT, SETTINGS


def test_settings_are_those_that_the_document_lists():
    listed = re.findall(r"^\| `(VITRINE_\w+)`", Path("docs/settings.md").read_text("utf-8"), re.MULTILINE)
    assert set(listed) == SETTINGS


def test_an_environment_holds_settings_and_little_else():
    assert SETTINGS < ENVIRONMENT
    assert not [name for name in ENVIRONMENT - SETTINGS if name.startswith("VITRINE_")]
