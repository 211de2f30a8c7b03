import numpy as np

from services.evaluation.memory import watched


def test_peak_is_at_least_what_was_held_meanwhile() -> None:
    with watched() as before:
        pass
    with watched() as peak:
        # Too large for the allocator to take it from what is free.
        held = np.ones(200_000_000, np.uint8)
        del held
    assert peak.size_bytes > 200e6
    assert peak.size_bytes >= before.size_bytes
