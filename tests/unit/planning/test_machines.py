"""Replicas on machines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import InvalidInput
from services.planning.machines import MachineKind, kind_for, machines_for, price_per_hour
from tests.support.planning import tier

CPU = MachineKind("cpu", 16, 0, 0.7)
GPU = MachineKind("gpu", 16, 1, 3.1)
SMALL, DRAWS = tier(name="small", cores=0.25), tier(name="draws", cores=4, gpus=1)


def test_machine_is_read_with_and_without_gpus():
    assert MachineKind.parse("cpu=16:0.7") == CPU
    assert MachineKind.parse("gpu=16:1:3.1") == GPU


@pytest.mark.parametrize("text", ["", "cpu", "cpu=", "cpu=16", "=16:1", "cpu=a:1", "cpu=0:1", "cpu=-4:1", "c=1:2:3:4"])
def test_what_is_no_machine_is_refused(text):
    with pytest.raises(InvalidInput, match="NAME=CORES:PRICE"):
        MachineKind.parse(text)


def test_who_needs_no_gpu_goes_where_there_is_none():
    assert machines_for({"small": 3, "draws": 2}, {"small": SMALL, "draws": DRAWS}, [GPU, CPU]) == {"cpu": 1, "gpu": 2}


def test_who_needs_no_gpu_shares_the_machines_that_there_are():
    assert machines_for({"small": 3, "draws": 2}, {"small": SMALL, "draws": DRAWS}, [GPU]) == {"gpu": 2}


def test_replica_that_fits_nowhere_is_told():
    with pytest.raises(InvalidInput, match="draws takes 4 cores and 1 GPUs"):
        kind_for(DRAWS, [CPU])


def test_price_is_that_of_all():
    assert price_per_hour({"cpu": 2, "gpu": 1}, [CPU, GPU]) == pytest.approx(4.5)


@given(st.integers(1, 60), st.integers(1, 60))
def test_machines_hold_all_replicas_and_half_of_them_would_not(small, large):
    tiers = {"small": tier(name="small", cores=1), "large": tier(name="large", cores=3)}
    [count] = machines_for({"small": small, "large": large}, tiers, [MachineKind("cpu", 8, 0, 1)]).values()
    cores = small + 3 * large
    assert cores <= 8 * count
    assert cores > 8 * (count - 1) / 2
