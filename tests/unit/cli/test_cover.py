"""What a cover says reaches the service, from `shoot` and in jobs, and what no request can hold is wrong usage."""

import pytest

from services.pb.vitrine.v1 import studio_pb2


@pytest.fixture
def shoot(vitrine, address, photos):
    return lambda *arguments: vitrine("shoot", photos / "cup.jpg", "-s", "marble", "--address", address, *arguments)


def test_cover_reaches_the_service(shoot, service):
    ran = shoot(
        "--masthead", "VITRINE", "--issue", "No 12", "--price", "€ 9", "--headline", "The cup", "--cover-line",
        "Slow mornings=eleven cups, two tables", "--cover-line", "Tea", "--cover-color", "#ffeeaa", "--typeface",
        "sans",
    )  # fmt: skip
    assert ran.exit_code == 0
    cover = service.requests[0].cover
    assert (cover.masthead, cover.issue, cover.price, cover.headline) == ("VITRINE", "No 12", "€ 9", "The cup")
    lines = [("Slow mornings", "eleven cups, two tables"), ("Tea", "")]
    assert [(line.title, line.text) for line in cover.lines] == lines
    assert (cover.color, cover.typeface) == ("#ffeeaa", studio_pb2.Cover.SANS)


def test_shot_without_words_is_no_cover(shoot, service):
    shoot()
    assert not service.requests[0].HasField("cover")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--masthead", "x" * 25), "at most 24 characters"),
        (("--headline", "a\ab"), "U+0007"),
        (("--cover-line", "="), "a title or a text is wanted"),
        (("--cover-color", "#ffffff"), "a masthead, an issue"),
        (("--price", "1", "--cover-color", "red"), "#rrggbb is wanted"),
        (("--typeface", "script"), "--typeface"),
        (("--cover-line", "a") * 7, "at most 6 are wanted"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_cover_that_no_request_can_hold_is_wrong_usage(shoot, service, arguments, word):
    ran = shoot(*arguments)
    assert ran.exit_code == 2
    assert word in " ".join(ran.stderr.replace("│", " ").split())
    assert not service.requests
