"""What a marketplace's rules say of a photo, in the contract's words."""

from services.api.lint import MAX_PLACES, LintFinding, LintFix, LintPhotoResponse, LintRule, LintVerdict
from services.api.lint import RuleSet as RuleSetTold
from services.lint.rules import Rule
from services.lint.ruleset import RuleSet
from services.lint.verdict import Finding, Verdict
from services.postprocess.schema import Fix, LintResult
from services.workflow.answer import blob_answer, box_answer, proof_answer, report_answer
from services.workflow.product import Product
from services.workflow.walk import Walk


def lint_answer(walk: Walk, rule_set_id: str, product: Product, result: LintResult) -> LintPhotoResponse:
    """The answer, its file without address and content."""
    return LintPhotoResponse(
        request_id=walk.request_id,
        rule_set=rule_set_id,
        verdict=_verdict(result.verdict),
        fix=None if result.fix is None else _fix(result.fix),
        box=box_answer(product.box),
        confidence=product.confidence,
        model=product.model,
        timings=walk.progress.timings,
    )


def rule_set_answer(rule_set: RuleSet) -> RuleSetTold:
    """A rule set with all its rules."""
    return RuleSetTold(
        rule_set_id=rule_set.id, title=rule_set.title, rules=[_rule(rule) for rule in rule_set.rules]
    )  # fmt: skip


def _rule(rule: Rule) -> LintRule:
    return LintRule(
        rule=rule.id,
        kind=rule.kind,
        level=rule.level,
        wanted=rule.wanted,
        note=rule.note,
        source_page=rule.source.page,
        source_url=rule.source.url,
        read_date=rule.source.read.isoformat(),
    )


def _fix(fix: Fix) -> LintFix:
    told = LintFix(verdict=_verdict(fix.verdict))
    mended = fix.mended
    if mended is None:
        return told
    return told.model_copy(
        update={
            "image": None if mended.blob is None else blob_answer(mended.blob),
            "steps": list(mended.steps),
            "product_box": box_answer(mended.placement.product_box),
            "scale": mended.placement.scale,
            "preservation": proof_answer(mended, mended.placement),
            "report": None if mended.reports is None else report_answer(mended.reports, attempts=1),
        }
    )


def _verdict(verdict: Verdict) -> LintVerdict:
    return LintVerdict(passed=verdict.passed, findings=[_finding(each) for each in verdict.findings])


def _finding(finding: Finding) -> LintFinding:
    return LintFinding(
        rule=finding.rule.id,
        level=finding.rule.level,
        passed=finding.passed,
        found=finding.found,
        wanted=finding.rule.wanted,
        value=finding.value,
        unit=finding.unit,
        places=[box_answer(box) for box in finding.places[:MAX_PLACES]],
        unfixed=finding.unfixed,
    )
