import pytest

from services.lint.file import check_aspect, check_file_size, check_format, check_size
from tests.support.exhibits import packshot, rule


@pytest.mark.parametrize(("image_format", "passes"), [("JPEG", True), ("WEBP", False)])
def test_format_is_one_of_those_named(image_format, passes):
    found = check_format(rule("format", formats=["JPEG", "PNG"]), packshot(image_format=image_format))
    assert (found.passed, found.found) == (passes, f"a file of {image_format}")


@pytest.mark.parametrize(("size_bytes", "passes"), [(5000, True), (5001, False)])
def test_file_is_small_enough(size_bytes, passes):
    found = check_file_size(rule("file_size", most_bytes=5000), packshot(size_bytes=size_bytes))
    assert (found.passed, found.value, found.unit) == (passes, size_bytes, "bytes")


@pytest.mark.parametrize(
    ("asked", "passes"),
    [
        ({"shorter_least": 100}, True),
        ({"shorter_least": 101}, False),
        ({"longer_least": 300}, True),
        ({"longer_least": 301}, False),
        ({"longer_most": 299}, False),
        ({"most_megapixels": 0.03}, True),
        ({"most_megapixels": 0.0299}, False),
        ({"shorter_least": 100, "longer_least": 301}, False),
    ],
)
def test_sides_are_held_against_each_bound(asked, passes):
    found = check_size(rule("size", **asked), packshot(size_hw=(100, 300)))
    assert (found.passed, found.found) == (passes, "300 x 100 px")


@pytest.mark.parametrize(("width", "passes"), [(762, True), (780, False), (740, False)])
def test_aspect_is_width_to_height(width, passes):
    found = check_aspect(rule("aspect", width_to_height=0.694), packshot(size_hw=(1100, width)))
    assert (found.passed, found.value) == (passes, width / 1100)
