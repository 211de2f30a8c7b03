import pytest

from services.api.webhooks import DeliveryState
from services.common.errors import InvalidInput, NotFound, WrongState
from services.webhooks.deliveries import Deliveries


@pytest.fixture
def deliveries(clock):
    return Deliveries(clock)


def page(room, deliveries, size=50, token="", tenant="acme", **filters):
    return room.run(lambda session: deliveries.page(session, tenant, size, token, **filters))


def test_deliveries_are_told_page_by_page_the_newest_first(room, deliveries):
    room.write(room.add(), many=5)
    told, token = [], ""
    while True:
        found, token = page(room, deliveries, 2, token)
        told += found
        if not token:
            break
    assert [each.payload.partition("number")[2][3] for each in told] == list("43210")


def test_deliveries_are_chosen_by_webhook_and_state(room, deliveries):
    one, two = room.add(), room.add(url="https://acme.example/2")
    room.write(one)
    room.write(two)
    room.deliver(next(each for each in room.claim() if each.webhook_id == two.id))
    [found] = page(room, deliveries, webhook_id=two.id)[0]
    assert (found.webhook_id, found.state) == (two.id, DeliveryState.DELIVERED)
    [found] = page(room, deliveries, states=[DeliveryState.PENDING])[0]
    assert found.webhook_id == one.id


def test_deliveries_of_another_tenant_are_not_told(room, deliveries):
    room.write(room.add())
    assert page(room, deliveries, tenant="other") == ([], "")


def test_delivery_tells_every_attempt_and_when_the_next_one_is(room, clock, deliveries):
    room.write(room.add())
    [letter] = room.claim()
    assert page(room, deliveries)[0][0].next_time == "", "it is being sent right now"
    room.fail(letter, status=500, error="the address answered with status 500 instead of 2xx")
    [found] = page(room, deliveries)[0]
    [attempt] = found.attempts
    assert (attempt.status, attempt.duration, attempt.error[-3:]) == (500, 0.1, "2xx")
    assert found.next_time > attempt.start_time


@pytest.mark.parametrize("token", ["x", "AAAA", "bm90IG91cnM=", "\u00e4"])
def test_page_token_of_somebody_else_is_refused(room, deliveries, token):
    with pytest.raises(InvalidInput, match="page token"):
        page(room, deliveries, token=token)


def test_message_is_sent_again_under_its_own_id(room, clock, deliveries):
    room.write(room.add())
    [letter] = room.claim()
    room.deliver(letter)
    told = room.run(lambda session: deliveries.again(session, "acme", letter.delivery_id))
    assert (told.delivery_id, told.state) == (letter.delivery_id, DeliveryState.PENDING)
    [again] = room.claim()
    assert (again.delivery_id, again.payload) == (letter.delivery_id, letter.payload)
    [noted] = room.deliver(again)
    assert noted.age_s is None
    assert [each.number for each in room.attempts(letter.delivery_id)] == [1, 2]


def test_message_that_is_being_sent_is_not_sent_beside_it(room, deliveries):
    room.write(room.add())
    [letter] = room.claim()
    room.run(lambda session: deliveries.again(session, "acme", letter.delivery_id))
    assert room.claim() == []


def test_message_of_another_tenant_is_not_found(room, deliveries):
    room.write(room.add())
    [letter] = room.claim()
    with pytest.raises(NotFound):
        room.run(lambda session: deliveries.again(session, "other", letter.delivery_id))


def test_message_to_a_disabled_webhook_is_not_sent_again(room, deliveries):
    made = room.add()
    room.write(made)
    [letter] = room.claim()
    room.run(lambda session: room.endpoints.change(session, "acme", made.id, enabled=False))
    with pytest.raises(WrongState, match="enable it first"):
        room.run(lambda session: deliveries.again(session, "acme", letter.delivery_id))
