"""The picture itself is answered when the header likes an image better than JSON."""

import pytest

from services.api.studio import CreateShotRequest
from services.common.image import ImageFormat
from services.gateway.negotiation import Accepted


@pytest.mark.parametrize(
    ("header", "picture", "image_format"),
    [
        ("", False, None),
        ("*/*", False, None),
        ("application/json", False, None),
        ("image/*", True, None),
        ("image/png", True, ImageFormat.PNG),
        ("IMAGE/WebP; q=0.4", True, ImageFormat.WEBP),
        ("image/png, image/webp", True, None),
        ("image/avif", True, ImageFormat.AVIF),
        ("image/gif", True, None),
        ("application/json, image/png;q=0.5", False, None),
        ("application/json;q=0.5, image/png", True, ImageFormat.PNG),
        ("image/png;q=0", False, None),
        ("image/png;q=high", False, None),
        (",,;", False, None),
    ],
)
def test_header_is_read(header, picture, image_format):
    assert Accepted.of(header) == Accepted(picture, image_format)


@pytest.mark.parametrize(
    ("header", "events"),
    [
        ("text/event-stream", True),
        ("text/event-stream, */*", True),
        ("text/event-stream, image/png", True),
        ("text/event-stream;q=0.5, image/png", False),
        ("application/json, text/event-stream", False),
        ("text/event-stream;q=0", False),
        ("text/html", False),
    ],
)
def test_events_are_told_to_those_who_like_them_best(header, events):
    accepted = Accepted.of(header)
    assert accepted.events == events
    assert not (accepted.events and accepted.picture)


def test_format_of_the_request_goes_before_the_headers():
    accepted = Accepted.of("image/png")
    assert accepted.applied(CreateShotRequest()).output.format is ImageFormat.PNG
    asked = CreateShotRequest(output={"format": "WEBP"})
    assert accepted.applied(asked) is asked
