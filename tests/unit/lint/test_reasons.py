import pytest

from services.common.geometry import Box
from services.lint.reasons import Reasons, for_all
from services.lint.verdict import Finding, Verdict
from tests.support.exhibits import packshot, rule, rule_set

FILL = rule("fill", least=0.8)
KEPT = Finding(FILL, passed=True, found="enough")


def broken_finding(broken):
    return Finding(broken, passed=False, found="something")


def told(broken, shot=None, **aim):
    verdict = Verdict((broken_finding(broken), KEPT))
    first, second = Reasons(rule_set(**aim), shot or packshot()).told(verdict).findings
    assert second.unfixed == ""
    return first.unfixed


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (rule("size", longer_least=500), "the product has 100 x 100 px in the photo"),
        (FILL, "never does"),
        (rule("text"), "exclude-box"),
        (rule("file_size", most_bytes=5000), "JPEG"),
        (rule("border"), "no step"),
    ],
)
def test_broken_rule_gets_its_reason(broken, words):
    assert words in told(broken)


@pytest.mark.parametrize(
    "broken",
    [FILL, rule("margin", least=0), rule("aspect", width_to_height=1.0)],
    ids=lambda broken: broken.kind,
)
def test_product_that_is_cut_off_is_the_reason_for_its_frame(broken):
    assert told(broken, packshot(box=Box(0, 50, 80, 80))).endswith("cuts the product off: top")


def test_how_far_a_fix_enlarges_is_told():
    assert "enlarges it 2 times at most" in told(rule("size", longer_least=500), enlarged=2)


def test_one_reason_may_stand_for_all():
    verdict = Verdict((broken_finding(FILL), KEPT))
    assert [each.unfixed for each in for_all(verdict, "why").findings] == ["why", ""]


def test_recommended_rule_that_is_broken_lets_a_picture_pass():
    wished = rule("border", level="RECOMMENDED")
    verdict = Verdict((broken_finding(wished),))
    assert (verdict.passed, len(verdict.broken)) == (True, 1)
    assert not Verdict((broken_finding(rule("border")),)).passed
