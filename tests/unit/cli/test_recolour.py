import re

import pytest


@pytest.mark.parametrize("command", [("shoot", "-s", "marble"), ("cutout",)], ids=["shoot", "cutout"])
def test_colour_and_mask_reach_the_service(vitrine, address, photos, service, tmp_path, command):
    (tmp_path / "mask.png").write_bytes(b"a mask")
    name, *options = command
    vitrine(
        name, photos / "cup.jpg", *options, "--address", address, "--recolour", "seagreen", "--recolour-mask",
        tmp_path / "mask.png",
    )  # fmt: skip
    recolour = service.requests[0].recolour
    assert (recolour.to, recolour.mask.content) == ("seagreen", b"a mask")


def test_product_keeps_its_colour_where_none_is_named(vitrine, address, photos, service):
    vitrine("cutout", photos / "cup.jpg", "--address", address)
    assert not service.requests[0].HasField("recolour")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--recolour", "seagren"], "alike are seagreen"),
        (["--recolour", ""], "a colour is wanted"),
        (["--recolour-mask", "{mask}"], "name the colour too"),
    ],
    ids=["misspelt", "empty", "mask alone"],
)
def test_colour_that_is_none_is_wrong_usage(vitrine, photos, tmp_path, arguments, word):
    (tmp_path / "mask.png").write_bytes(b"a mask")
    ran = vitrine("cutout", photos / "cup.jpg", *[each.format(mask=tmp_path / "mask.png") for each in arguments])
    assert ran.exit_code == 2
    assert word in " ".join(re.sub("[─│╭╮╰╯]", "", ran.stderr).split())
