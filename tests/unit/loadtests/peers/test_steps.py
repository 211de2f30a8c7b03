"""A profile becomes a table of the service's own steps."""

from loadtests.peers.callers import CUTOUT, SHOT
from loadtests.peers.steps import Step, page, told


def test_steps_are_those_of_rooms_where_pictures_are_made():
    found = told(
        [
            Step("/work/services/segment/matting.py:74 Matting.run", 0.3),
            Step("/work/services/gateway/door.py:9 Door.open", 0.2),
            Step("/usr/lib/python3/asyncio/events.py:78 Handle._run", 0.1),
        ]
    )
    assert found == {"segment/matting.py Matting.run": 0.3}


def test_what_hardly_counts_is_left_out_and_the_whole_stands_first():
    steps = {CUTOUT: {"a.py big": 0.5, "b.py small": 0.01}, SHOT: {"a.py big": 0.6}}
    lines = page("about", {CUTOUT: 1.0, SHOT: 2.0}, steps).splitlines()
    assert lines[4] == "| **all of it, without the profiler** | **1000 ms** | **2000 ms** |"
    assert lines[5:] == ["| `a.py big` | 500 ms | 600 ms |"]
