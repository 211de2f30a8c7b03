"""The door: where there is no room it says so before anything of the call is read, counted or written down."""

from dataclasses import replace

import pytest

from services.common.errors import Overloaded, RateLimited, Unauthenticated
from services.gateway.door import MAKING
from services.gateway.schema import Call
from tests.support.gateway_parts import Parts

SHOT = Call("CreateShot", "grpc", "id-1", "127.0.0.1")
STRANGER = replace(SHOT, peer="203.0.113.7")


@pytest.fixture
def parts(tmp_path):
    return lambda **options: Parts(tmp_path, limits={"max_running": 1, "max_waiting": 0}, **options)


@pytest.mark.parametrize("method", sorted(MAKING))
async def test_one_more_who_wants_a_picture_is_refused(parts, method):
    full = parts()
    async with full.admission.place():
        with pytest.raises(Overloaded):
            await full.tenancy.door.admit(replace(SHOT, method=method))
    await full.tenancy.door.admit(replace(SHOT, method=method))


async def test_full_house_turns_only_those_away_who_want_a_picture_now(parts):
    full = parts()
    async with full.admission.place():
        assert (await full.tenancy.door.admit(replace(SHOT, method="CreateJob"))).tenant == "local"


async def test_stranger_is_no_guest_even_where_there_is_no_room(parts):
    full = parts()
    async with full.admission.place():
        with pytest.raises(Unauthenticated):
            await full.tenancy.door.admit(STRANGER)


async def test_who_is_refused_for_lack_of_room_has_used_up_nothing_of_its_rate(parts):
    full = parts(tenants={"rate_per_s": 0.001, "burst_requests": 1})
    async with full.admission.place():
        with pytest.raises(Overloaded):
            await full.tenancy.door.admit(SHOT)
    await full.tenancy.door.admit(SHOT)
    with pytest.raises(RateLimited):
        await full.tenancy.door.admit(SHOT)
