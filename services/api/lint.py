"""LintService's messages, field for field as in `protos/vitrine/v1/lint.proto`."""

from typing import Annotated, Final

from pydantic import Field

from services.api.common import Blob, Box, Duration, ImageSource, Message, OutputOptions, StageTiming, ZeroIsAbsent
from services.api.studio import PreservationProof, PreservationReport, ProductSelection
from services.lint.rules import RuleLevel
from services.lint.step import Step

#: Of a finding; a picture full of text has no end of them.
MAX_PLACES: Final = 20


class LintPhotoRequest(Message):
    image: ImageSource = ImageSource()
    rule_set: str = Field("", max_length=64, description='Such as "amazon-main".')
    fix: bool = Field(default=False, description="Make a picture that keeps the rules, where the photo breaks some.")
    output: OutputOptions = Field(OutputOptions(), description="How that picture is written.")
    timeout: Duration | None = Field(None, gt=0, description="Give up after this time.")
    selection: ProductSelection | None = None


class LintFinding(Message):
    rule: str = Field("", description="The rule's id in its set.")
    level: Annotated[RuleLevel | None, ZeroIsAbsent] = None
    passed: bool = False
    found: str = Field("", description="In words.")
    wanted: str = Field("", description="In words.")
    value: float | None = Field(None, description="The figure behind `found`; unset where there is none.")
    unit: str = Field("", description='"px", "bytes", or empty for shares and ratios.')
    places: list[Box] = Field([], description="Where on the picture it is broken.")
    unfixed: str = Field("", description="Why the rule is broken still, of a picture that a fix made.")


class LintVerdict(Message):
    passed: bool = Field(default=False, description="Whether no required rule is broken.")
    findings: list[LintFinding] = Field([], description="One for each rule, in the set's order.")


class LintFix(Message):
    image: Blob | None = Field(None, description="The new picture; unset where none could be made.")
    verdict: LintVerdict = LintVerdict()
    steps: list[Step] = []
    product_box: Box | None = None
    scale: float = Field(0.0, description="Pixels of the new picture per pixel of the photo.")
    preservation: PreservationProof | None = None
    report: PreservationReport | None = Field(None, description="Of a product that was cut out.")


class LintPhotoResponse(Message):
    request_id: str = ""
    rule_set: str = ""
    verdict: LintVerdict = Field(LintVerdict(), description="On the photo as it came.")
    fix: LintFix | None = Field(None, description="Unset where none was asked for, or none is needed.")
    box: Box = Box()
    confidence: float = 0.0
    model: str = ""
    timings: list[StageTiming] = []

    @property
    def passed(self) -> bool:
        """Whether the photo keeps all that is required, or what a fix made of it does."""
        return self.verdict.passed or (self.fix is not None and self.fix.verdict.passed)

    @property
    def picture(self) -> Blob | None:
        """The new one; None where none was made."""
        return None if self.fix is None else self.fix.image


class ListRuleSetsRequest(Message):
    page_size: int = Field(0, ge=0, le=1000, description="At most this many; 0 stands for 50.")
    page_token: str = Field("", max_length=256)


class LintRule(Message):
    rule: str = ""
    kind: str = Field("", description="What it is about, such as `ground`.")
    level: Annotated[RuleLevel | None, ZeroIsAbsent] = None
    wanted: str = Field("", description="In words.")
    note: str = Field("", description="What of it is the service's own reading, or else worth knowing.")
    source_page: str = ""
    source_url: str = ""
    read_date: str = Field("", description="The day on which that was read.")


class RuleSet(Message):
    rule_set_id: str = ""
    title: str = ""
    rules: list[LintRule] = []


class ListRuleSetsResponse(Message):
    rule_sets: list[RuleSet] = []
    next_page_token: str = ""
