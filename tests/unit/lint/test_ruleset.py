"""Rule sets are data: read strictly, with an aim that keeps them."""

import pytest
from pydantic import ValidationError

from services.common.errors import InvalidInput, NotFound
from services.lint.ruleset import RuleSetCatalog
from tests.support.exhibits import rule_set

FILE = """
id: shop
title: Our shop
rules:
  - {kind: text, id: no-text, source: {page: Ours, url: "https://shop.example", read: 2026-11-23}}
aim: {format: JPEG, ground: "#ffffff", aspect: 1.0, fill: 0.9, loosest: 0.8}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "shop.yaml").write_text(FILE, "utf-8")
    return tmp_path


def test_amazon_google_and_two_more_are_shipped():
    shipped = RuleSetCatalog.shipped().rule_sets
    assert {"amazon-main", "google-merchant", "ebay", "zalando-packshot"} <= set(shipped)


@pytest.mark.parametrize("each", RuleSetCatalog.shipped().rule_sets.values(), ids=lambda each: each.id)
def test_shipped_rule_says_what_it_wants_and_where_it_stands(each):
    assert all(rule.wanted and rule.source.page and rule.source.read.year >= 2026 for rule in each.rules)


def test_operators_rule_set_stands_beside_the_shipped_ones(folder):
    catalog = RuleSetCatalog.open(folder)
    assert catalog.get("shop").title == "Our shop"
    assert catalog.get("ebay").title


def test_operators_rule_set_replaces_a_shipped_one_of_its_id(folder):
    (folder / "shop.yaml").rename(folder / "ebay.yaml").write_text(FILE.replace("id: shop", "id: ebay"), "utf-8")
    assert RuleSetCatalog.open(folder).get("ebay").title == "Our shop"


@pytest.mark.parametrize(
    "text",
    [FILE.replace("kind: text", "kind: texts"), FILE.replace("aim", "aims"), "[", FILE.replace("id: shop", "id: x")],
)
def test_file_that_is_no_rule_set_is_named(folder, text):
    (folder / "shop.yaml").write_text(text, "utf-8")
    with pytest.raises(ValueError, match=r"shop\.yaml"):
        RuleSetCatalog.open(folder)


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match="rule_sets_dir"):
        RuleSetCatalog.open(tmp_path / "none")


@pytest.mark.parametrize(("asked", "error"), [("", InvalidInput), ("nowhere", NotFound)])
def test_unknown_rule_set_is_refused_with_those_there_are(asked, error):
    with pytest.raises(error, match="amazon-main, ebay") as caught:
        RuleSetCatalog.shipped().get(asked)
    assert caught.value.details["field"] == "rule_set"


@pytest.mark.parametrize(
    ("rule", "aim"),
    [
        ({"kind": "fill", "least": 0.5, "most": 0.7}, {"fill": 0.8, "loosest": 0.6}),
        ({"kind": "fill", "least": 0.5, "most": 0.7}, {"fill": 0.6, "loosest": 0.4}),
        ({"kind": "aspect", "width_to_height": 0.7}, {"aspect": 1.0}),
        ({"kind": "format", "formats": ["PNG"]}, {"format": "JPEG"}),
        ({"kind": "text"}, {"fill": 0.5, "loosest": 0.6}),
    ],
)
def test_aim_that_breaks_a_rule_is_refused(rule, aim):
    with pytest.raises(ValidationError, match="aim"):
        rule_set(rule, **aim)


def test_rules_of_one_id_are_refused():
    with pytest.raises(ValidationError, match="more than once"):
        rule_set({"kind": "text", "id": "same"}, {"kind": "border", "id": "same"})
