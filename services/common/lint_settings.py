"""The branch of the settings tree that is about marketplaces' rules."""

from pathlib import Path

from pydantic import Field

from services.common.section import Section


class LintSettings(Section):
    """What photos are held against."""

    rule_sets_dir: Path | None = Field(
        None, description="The operator's own rule set files; one with a shipped one's id stands in its place."
    )
