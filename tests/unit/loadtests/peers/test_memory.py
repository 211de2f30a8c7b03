"""Memory as Linux tells it, of a process and all below it."""

import subprocess
import sys
import time

import pytest

from loadtests.peers.memory import cpu_by_role, pss_mb, role, tree, tree_pss_mb

ROLLUP = """\
55d3c8a00000-7ffd4a7fe000 ---p 00000000 00:00 0                          [rollup]
Rss:                8452 kB
Pss:                2000 kB
Pss_Dirty:          1492 kB
"""


def test_the_proportional_set_is_read_and_nothing_that_begins_like_it():
    assert pss_mb(ROLLUP) == pytest.approx(2.048)


def test_a_text_without_it_is_refused():
    with pytest.raises(ValueError, match="Pss"):
        pss_mb("Rss: 8 kB\nPss_Dirty: 1 kB\n")


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        (["ray::ServeReplica:vitrine:Segment"], "Segment"),
        (["ray::IDLE", "", ""], "IDLE"),
        (["/opt/ray/raylet", "--port=1"], "raylet"),
        (["/usr/bin/python", "-u", "-m", "services.cli", "serve"], "services.cli"),
        (["/usr/bin/python", "-m"], "python"),
        ([], ""),
    ],
)
def test_a_process_is_told_by_what_it_does(command, wanted):
    assert role(command) == wanted


def test_cpu_time_is_of_the_process_and_its_children():
    with subprocess.Popen([sys.executable, "-c", "sum(range(5_000_000)); input()"], stdin=subprocess.PIPE) as child:
        while not sum(cpu_by_role(child.pid).values()):
            time.sleep(0.05)
        assert set(cpu_by_role(child.pid)) == {role([sys.executable])}
        child.communicate(b"\n")


def test_children_count(tmp_path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        for pid in (child.pid, 1_000_000):
            (tmp_path / str(pid)).mkdir()
            (tmp_path / str(pid) / "smaps_rollup").write_text(ROLLUP)
        assert [each.pid for each in tree(child.pid)] == [child.pid]
        assert tree_pss_mb(child.pid, tmp_path) == pytest.approx(2.048)
        child.communicate(b"\n")


def test_a_process_that_has_ended_takes_nothing():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert tree_pss_mb(child.pid) == 0
