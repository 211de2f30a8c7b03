import re

import pytest


def test_selection_reaches_the_service(vitrine, address, photos, service, tmp_path):
    (tmp_path / "mask.png").write_bytes(b"a mask")
    vitrine(
        "cutout", photos / "cup.jpg", "--address", address, "--keep-mask", tmp_path / "mask.png", "--include", "1,2",
        "--include", "3,4", "--exclude", "5,6", "--include-box", "1,2,3,4", "--exclude-box", "5,6,7,8",
    )  # fmt: skip
    selection = service.requests[0].selection
    assert selection.keep_mask.content == b"a mask"
    assert [(point.x, point.y) for point in selection.include_points] == [(1, 2), (3, 4)]
    assert [(point.x, point.y) for point in selection.exclude_points] == [(5, 6)]
    assert (selection.include_boxes[0].left, selection.include_boxes[0].height) == (1, 4)
    assert (selection.exclude_boxes[0].top, selection.exclude_boxes[0].width) == (6, 7)


@pytest.mark.parametrize("command", [("cutout",), ("shoot", "-s", "wall-plaster")], ids=lambda words: words[0])
def test_ghost_mannequin_reaches_the_service(vitrine, address, photos, service, command):
    name, *options = command
    vitrine(name, photos / "cup.jpg", *options, "--address", address, "--ghost-mannequin")
    assert service.requests[0].selection.ghost_mannequin


def test_shot_without_a_selection_sends_none(vitrine, address, photos, service):
    vitrine("shoot", photos / "cup.jpg", "-s", "marble", "--address", address)
    assert not service.requests[0].HasField("selection")


def test_point_that_is_none_is_wrong_usage(vitrine, address, photos):
    ran = vitrine("shoot", photos / "cup.jpg", "-s", "marble", "--address", address, "--exclude", "5;6")
    assert ran.exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (
            ["--include", "99999999999,1"],
            "--include: include_points.0.x: a whole number from -2147483648 to 2147483647",
        ),
        (["--exclude-box", "0,0,99999999999,10"], "--exclude-box: exclude_boxes.0.width: a whole number from"),
        (["--exclude", "1,1"] * 70, "--exclude: exclude_points: at most 64 are wanted, got 70"),
        (["--include", "9" * 5000 + ",1"], "expected x,y in pixels"),
    ],
    ids=["point", "box", "too many", "huge"],
)
def test_selection_that_no_request_can_hold_is_wrong_usage(vitrine, photos, arguments, word):
    ran = vitrine("cutout", photos / "cup.jpg", *arguments)
    assert ran.exit_code == 2
    said = " ".join(re.sub("[─│╭╮╰╯]", "", ran.stderr).split())
    assert word in said
    assert len(said) < 300
