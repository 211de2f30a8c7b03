"""Lengths in pixels and in shares."""

import pytest

from services.gateway.compat.lengths import Length, parse_lengths


@pytest.mark.parametrize(("text", "px"), [("30px", 30), ("10%", 20), ("0", 0), ("12.5%", 25)])
def test_length_is_pixels_or_a_share(text, px):
    assert Length.parse(text).of(200) == px


@pytest.mark.parametrize("text", ["", "30", "-1px", "101%", "1e3px", "nanpx", "30 px", "999999px"])
def test_what_is_no_length_is_refused(text):
    with pytest.raises(ValueError, match="wanted"):
        Length.parse(text)


def test_number_of_lengths_is_checked():
    assert len(parse_lengths("1px 2px", (1, 2, 4))) == 2
    with pytest.raises(ValueError, match="1 or 2 or 4 lengths are wanted, got 3"):
        parse_lengths("1px 2px 3px", (1, 2, 4))
