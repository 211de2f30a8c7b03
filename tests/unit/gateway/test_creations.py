"""A call is made once, counted and written down; one that fails leaves nothing."""

import asyncio

import pytest

from services.api.common import OutputOptions
from services.api.studio import CreateShotRequest
from services.common.errors import DeadlineExceeded, Internal, QuotaExceeded, StorageUnavailable
from services.database.tables import Creation, QuotaPeriod, UsageRow
from services.tenants.caller import Limits
from tests.support.gateway_parts import Parts, call


@pytest.fixture
def parts(tmp_path, database):
    return lambda **options: Parts(tmp_path, database=database, **options)


@pytest.fixture
def shot(photo):
    return CreateShotRequest(image={"content": photo}, scene_id="white")


def kept(parts):
    """Calls, items counted, and calls written down."""
    with parts.database.reading() as session:
        periods = session.query(QuotaPeriod).all()
        return session.query(Creation).count(), sum(each.items for each in periods), session.query(UsageRow).count()


async def test_call_without_a_key_is_written_down_and_forgotten(parts, shot):
    made = parts()
    await made.studio.create_shot(shot, call())
    assert kept(made) == (0, 1, 1)


async def test_call_with_a_key_is_made_once_and_paid_once(parts, shot):
    made = parts()
    answers = [await made.studio.create_shot(shot, call(idempotency_key="k")) for _ in range(3)]
    assert len({(each.image.key, each.seed) for each in answers}) == 1
    assert len(made.fakes.seeds) == 1
    assert kept(made) == (1, 1, 1)


async def test_kept_answer_is_handed_out_anew(parts, shot):
    made = parts()
    asked = shot.model_copy(update={"output": OutputOptions(inline=True)})
    first, again = [await made.studio.create_shot(asked, call(idempotency_key="k")) for _ in range(2)]
    assert again.image.content == first.image.content != b""
    assert again.image.url


async def test_less_time_is_no_other_request(parts, shot):
    made = parts()
    await made.studio.create_shot(shot.model_copy(update={"timeout": 9.0}), call(idempotency_key="k"))
    await made.studio.create_shot(shot.model_copy(update={"timeout": 8.0}), call(idempotency_key="k"))
    assert len(made.fakes.seeds) == 1


async def test_same_call_meanwhile_waits_for_the_first(parts, shot):
    gate = asyncio.Event()
    made = parts(slow={"segment": gate})
    calls = [asyncio.create_task(made.studio.create_shot(shot, call(idempotency_key="k"))) for _ in range(3)]
    await made.fakes.reached("segment")
    gate.set()
    answers = await asyncio.gather(*calls)
    assert len({each.image.key for each in answers}) == 1
    assert kept(made) == (1, 1, 1)


async def test_same_call_waits_no_longer_than_its_own_time(parts, shot):
    made = parts(slow={"segment": asyncio.Event()})
    first = asyncio.create_task(made.studio.create_shot(shot, call(idempotency_key="k")))
    await made.fakes.reached("segment")
    with pytest.raises(DeadlineExceeded):
        await made.studio.create_shot(shot.model_copy(update={"timeout": 0.3}), call(idempotency_key="k"))
    first.cancel()
    await asyncio.wait([first])


async def test_call_that_fails_costs_nothing_and_can_be_made_again(parts, shot):
    made = parts(faults={"segment": Internal("broken")})
    with pytest.raises(Internal):
        await made.studio.create_shot(shot, call(idempotency_key="k"))
    assert kept(made) == (0, 0, 0)
    made.fakes.faults.clear()
    await made.studio.create_shot(shot, call(idempotency_key="k"))
    assert kept(made) == (1, 1, 1)


async def test_caller_who_leaves_costs_nothing(parts, shot):
    made = parts(slow={"segment": asyncio.Event()})
    work = asyncio.create_task(made.studio.create_shot(shot, call(idempotency_key="k")))
    await made.fakes.reached("segment")
    work.cancel()
    await asyncio.wait([work])
    assert work.cancelled()
    assert kept(made) == (0, 0, 0)


async def test_call_whose_gateway_died_is_taken_over_and_paid_once(parts, shot):
    dead, heir = parts(tenants={"lease_s": 1}), parts(tenants={"lease_s": 1})
    dead.fakes.slow["segment"] = asyncio.Event()
    dead.tenancy.creations._renew_every_s = 3600  # nobody is there to renew
    work = asyncio.create_task(dead.studio.create_shot(shot, call(idempotency_key="k")))
    await dead.fakes.reached("segment")
    answer = await heir.studio.create_shot(shot, call(idempotency_key="k"))
    dead.fakes.slow["segment"].set()
    late = await work
    assert late.image.key != answer.image.key
    again = await heir.studio.create_shot(shot, call(idempotency_key="k"))
    assert again.image.key == answer.image.key
    assert kept(heir) == (1, 1, 1)


async def test_lease_is_renewed_while_the_call_is_at_work(parts, shot):
    made, gate = parts(), asyncio.Event()
    made.fakes.slow["segment"] = gate
    made.tenancy.creations._renew_every_s = 0.02
    work = asyncio.create_task(made.studio.create_shot(shot, call(idempotency_key="k")))
    await made.fakes.reached("segment")
    ends = set()
    while len(ends) < 3:
        with made.database.reading() as session:
            ends.add(session.query(Creation).one().lease_until_s)
        await asyncio.sleep(0.01)
    gate.set()
    await work
    assert kept(made) == (1, 1, 1)


async def test_quota_is_not_overdrawn_by_calls_at_once(parts, shot):
    made, limits = parts(), Limits(quota_items=3)
    calls = (made.studio.create_shot(shot, call(f"id-{number}", limits=limits)) for number in range(10))
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(each, QuotaExceeded) for each in outcomes) == 7
    assert kept(made) == (0, 3, 3)


async def test_usage_tells_what_the_answer_tells(parts, shot, photo):
    made = parts()
    answer = await made.studio.create_shot(shot.model_copy(update={"layers": ["SHADOW"]}), call(tenant="acme"))
    with made.database.reading() as session:
        row = session.query(UsageRow).one()
    assert (row.tenant, row.method, row.request_id, row.items) == ("acme", "CreateShot", "id-1", 1)
    assert row.megapixels == answer.image.width * answer.image.height / 1e6
    assert row.bytes_in == len(photo)
    assert row.bytes_out == answer.image.size_bytes + answer.layers[0].blob.size_bytes
    assert row.segment_s == 0.5


async def test_metrics_name_a_bounded_number_of_tenants(parts, shot):
    made = parts(tenants={"metric_tenants": 1})
    for tenant in ("acme", "other-one", "acme", "third"):
        await made.studio.create_shot(shot, call(tenant=tenant))
    items = {labels: values for (name, labels), values in made.metrics.values.items() if name.endswith("items_total")}
    assert items == {(("tenant", "acme"),): [1, 1], (("tenant", "other"),): [1, 1]}


async def test_dead_calls_that_nobody_repeats_are_given_back(parts, shot):
    dead, swept = parts(tenants={"lease_s": 1, "idempotency_s": 1}), parts(tenants={"lease_s": 1, "idempotency_s": 1})
    dead.fakes.slow["segment"] = asyncio.Event()
    dead.tenancy.creations._renew_every_s = 3600
    work = asyncio.create_task(dead.studio.create_shot(shot, call()))
    await dead.fakes.reached("segment")
    await asyncio.sleep(1.2)
    swept.tenancy.creations._swept_at = -1e9
    await swept.studio.create_shot(shot, call())
    assert kept(swept) == (0, 1, 1)
    work.cancel()
    await asyncio.wait([work])
    assert kept(swept) == (0, 1, 1)


async def test_answer_that_cannot_be_written_down_is_not_given_and_leaves_no_files(parts, shot, monkeypatch, tmp_path):
    made = parts()

    def broken(*_):
        raise StorageUnavailable("away")

    monkeypatch.setattr(made.tenancy.creations._ledger, "add", broken)
    with pytest.raises(StorageUnavailable):
        await made.studio.create_shot(shot, call(idempotency_key="k"))
    assert kept(made) == (0, 0, 0)
    assert [path for path in tmp_path.rglob("blobs/shots/*/*") if path.is_file()] == []
