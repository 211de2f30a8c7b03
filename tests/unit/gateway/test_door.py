"""The door: who has no seat is told so before anything of the call is read."""

from dataclasses import replace

import pytest

from services.common.errors import Overloaded, RateLimited, Unauthenticated
from services.gateway.door import SEATED
from services.gateway.schema import Call
from tests.support.gateway_parts import Parts

SHOT = Call("CreateShot", "grpc", "id-1", "127.0.0.1")
STRANGER = replace(SHOT, peer="203.0.113.7")


@pytest.fixture
def door(tmp_path):
    def opened(**options):
        made = Parts(tmp_path, **options)
        return made.tenancy.door

    return opened


@pytest.mark.parametrize("method", sorted(SEATED))
async def test_one_more_who_gets_a_picture_is_refused(door, method):
    full = door(limits={"max_running": 1, "max_waiting": 0})
    async with full.let_in(SHOT):
        with pytest.raises(Overloaded):
            async with full.let_in(replace(SHOT, method=method)):
                pass


async def test_full_house_keeps_its_seats_for_pictures_alone(door):
    full = door(limits={"max_running": 1, "max_waiting": 0})
    async with full.let_in(SHOT), full.let_in(replace(SHOT, method="CreateJob")) as known:
        assert known.tenant == "local"


async def test_seat_is_free_again_behind_a_call_that_failed(door):
    tight = door(limits={"max_running": 1, "max_waiting": 0})
    with pytest.raises(KeyError):
        async with tight.let_in(SHOT):
            raise KeyError
    async with tight.let_in(SHOT):
        pass


async def test_stranger_is_no_guest_even_where_there_is_no_seat(door):
    full = door(limits={"max_running": 1, "max_waiting": 0})
    async with full.let_in(SHOT):
        with pytest.raises(Unauthenticated):
            async with full.let_in(STRANGER):
                pass


async def test_who_is_refused_a_seat_has_used_up_nothing_of_its_rate(door):
    full = door(limits={"max_running": 1, "max_waiting": 0}, tenants={"rate_per_s": 0.001, "burst_requests": 2})
    async with full.let_in(SHOT):
        with pytest.raises(Overloaded):
            async with full.let_in(SHOT):
                pass
    async with full.let_in(SHOT):
        pass
    with pytest.raises(RateLimited):
        async with full.let_in(SHOT):
            pass
