"""A soak fails where something grows, and only there."""

import pytest

from loadtests.soak.samples import Sample, Taken
from loadtests.soak.verdict import faults, growths


def samples(pss_mb, descriptors):
    return [
        Sample(at_s, {"segment": Taken(memory, memory, count)}, 0, 0.0, 0, 0, 0)
        for at_s, (memory, count) in enumerate(zip(pss_mb, descriptors, strict=True))
    ]


def test_memory_that_goes_up_and_down_has_not_grown():
    found = growths(samples([100, 110, 105, 120, 104, 111, 103], [50] * 7))
    assert faults(found, 0, {}) == []


def test_memory_that_grows_is_told():
    found = growths(samples(range(100, 130), [50] * 30))
    assert faults(found, 0, {}) == ["segment memory grew by 19.1%"]


def test_descriptors_that_grow_are_told():
    found = growths(samples([100] * 30, range(40, 70)))
    assert [each.split(" grew")[0] for each in faults(found, 0, {})] == ["segment descriptors"]


def test_blobs_that_are_left_and_calls_that_failed_are_told():
    assert faults({}, 2, {"grpc shot internal": 1}) == [
        "2 blobs are left that no sweep removes", "1 calls failed: grpc shot internal",
    ]  # fmt: skip


def test_too_few_samples_are_no_verdict():
    with pytest.raises(ValueError, match="three samples"):
        growths(samples([1, 2], [1, 1]))
