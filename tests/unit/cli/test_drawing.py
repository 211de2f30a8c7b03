"""What is to be drawn reaches the service, and what no request can hold is wrong usage."""

from typing import get_args

import pytest

from services.cli.drawing import SchedulerChoice
from services.generate.schema import Scheduler


@pytest.fixture
def shoot(vitrine, address, photos):
    return lambda *arguments: vitrine("shoot", photos / "cup.jpg", "-s", "marble", "--address", address, *arguments)


def test_drawing_reaches_the_service(shoot, service, tmp_path):
    (tmp_path / "desert.jpg").write_bytes(b"a desert")
    ran = shoot(
        "--prompt", "at noon", "--negative-prompt", "clouds", "--steps", 20, "--guidance", 7.5, "--plate-strength", 0,
        "--scheduler", "dpmpp_2m", "--deterministic", "--reference", tmp_path / "desert.jpg", "--word",
        "product=a blue mug", "--word", "light=sun, low",
    )  # fmt: skip
    assert ran.exit_code == 0
    request = service.requests[0]
    assert (request.prompt, request.negative_prompt, request.steps) == ("at noon", "clouds", 20)
    assert (request.guidance, request.plate_strength, request.deterministic) == (7.5, 0, True)
    assert request.HasField("plate_strength")
    assert request.scheduler == request.DPMPP_2M
    assert request.reference.content == b"a desert"
    assert (request.words.product, request.words.light) == ("a blue mug", "sun, low")


@pytest.mark.parametrize(("option", "wanted"), [("--upscale", True), ("--no-upscale", False)])
def test_background_is_enlarged_or_not_as_the_option_says(shoot, service, option, wanted):
    assert shoot(option).exit_code == 0
    assert service.requests[0].HasField("upscale")
    assert service.requests[0].upscale is wanted


def test_drawing_that_is_not_asked_for_is_left_to_the_service(shoot, service):
    shoot()
    request = service.requests[0]
    assert not any(map(request.HasField, ("guidance", "plate_strength", "reference", "upscale")))
    assert (request.prompt, request.steps, request.scheduler) == ("", 0, request.SCHEDULER_UNSPECIFIED)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--prompt", "x" * 2001), "at most 2000 characters"),
        (("--negative-prompt", "a\ab"), "U+0007"),
        (("--steps", "101"), "--steps"),
        (("--guidance", "0.5"), "--guidance"),
        (("--plate-strength", "1.5"), "--plate-strength"),
        (("--scheduler", "foo"), "--scheduler"),
        (("--reference", "missing.jpg"), "--reference"),
        (("--word", "dusk"), "SLOT=WORDS"),
        (("--word", "mood=dusk"), "known are product, surface, light"),
        (("--preview-every", "0"), "--preview-every"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_drawing_that_no_request_can_hold_is_wrong_usage(shoot, service, arguments, word):
    ran = shoot(*arguments)
    assert ran.exit_code == 2
    assert word in " ".join(ran.stderr.replace("│", " ").split())
    assert not service.requests


def test_every_scheduler_has_an_option():
    assert [each.upper() for each in get_args(SchedulerChoice)] == list(Scheduler)
