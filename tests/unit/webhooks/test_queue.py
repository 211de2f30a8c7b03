"""Messages on their way."""

import threading

import pytest

from services.database.tables import DeliveryRow
from services.webhooks.events import Event
from services.webhooks.schedule import PAUSES_S
from services.webhooks.schema import Fate, Receipt
from tests.unit.webhooks.conftest import SETTINGS

LEASE_S = 2 * SETTINGS.timeout_s + 10
DAY_S = 86_400


def test_message_is_with_one_courier_at_a_time(room, clock):
    room.write(room.add())
    [letter] = room.claim()
    assert room.claim() == []
    clock.pass_s(LEASE_S + 1)
    [again] = room.claim()
    assert again.delivery_id == letter.delivery_id
    assert again.claim != letter.claim


def test_couriers_that_claim_at_the_same_time_share_the_messages(room):
    for number in range(3):
        room.write(room.add(url=f"https://acme.example/{number}"), many=4)
    claimed, together = [], threading.Barrier(4)

    def claim():
        together.wait()
        for _ in range(3):
            claimed.extend(letter.delivery_id for letter in room.claim(2))

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 12


def test_receipt_of_a_courier_that_outlived_its_lease_counts_for_nothing(room, clock):
    room.write(room.add())
    [late] = room.claim()
    clock.pass_s(LEASE_S + 1)
    [letter] = room.claim()
    assert room.deliver(late) == []
    assert room.delivery(letter.delivery_id).state == "PENDING"
    [noted] = room.deliver(letter)
    assert noted.fate is Fate.DELIVERED
    assert len(room.attempts(letter.delivery_id)) == 1


def test_webhook_gets_a_quarter_of_the_places_and_its_tenant_half(room):
    hooks = [room.add(url=f"https://acme.example/{number}") for number in range(3)]
    for each in hooks:
        room.write(each, many=5)
    other = room.add("other")
    room.write(other, many=5)
    taken = room.claim(8)
    by_webhook = [[letter.webhook_id for letter in taken].count(each.id) for each in (*hooks, other)]
    assert by_webhook == [2, 2, 0, 2]
    assert room.claim(2, taken) == []


def test_tenant_with_least_under_way_goes_first(room):
    hooks = [room.add(tenant) for tenant in ("a", "b", "c")]
    for each in hooks:
        room.write(each, many=9)
    taken = room.claim(4)
    assert [letter.tenant for letter in taken] == ["a", "a", "b", "b"]
    assert [letter.tenant for letter in room.claim(1, taken[1:])] == ["c"]


def test_webhook_that_fails_gets_one_place(room):
    made = room.add()
    room.write(made, many=3)
    room.fail(room.claim(1)[0])
    assert len(room.claim(8)) == 1


def test_failures_are_tried_again_by_the_schedule_and_then_given_up(room, clock):
    made = room.add()
    room.write(made)
    waits = []
    for number in range(1, len(PAUSES_S) + 2):
        [letter] = room.claim()
        [noted] = room.fail(letter)
        row = room.delivery(letter.delivery_id)
        assert row.attempts == number
        waits.append(row.next_s - clock())
        clock.now_s = row.next_s if noted.fate is Fate.RETRIED else clock.now_s
    assert (noted.fate, row.state) == (Fate.FAILED, "FAILED")
    assert waits[:-1] == pytest.approx(PAUSES_S, rel=0.101)
    assert room.claim() == []
    assert [(each.number, each.status, each.error) for each in room.attempts(letter.delivery_id)][-1] == (10, 500, "no")
    assert room.webhook(made.id).enabled


def test_answer_may_ask_for_a_longer_pause(room, clock):
    room.write(room.add())
    [letter] = room.claim()
    room.fail(letter, status=503, wait_s=3600)
    assert room.delivery(letter.delivery_id).next_s == clock() + 3600


def test_webhook_is_gone_when_its_address_says_so(room):
    made = room.add()
    room.write(made, many=2)
    [letter] = room.claim(1)
    [noted] = room.fail(letter, status=410, error="gone")
    assert (noted.fate, noted.disabled) == (Fate.FAILED, True)
    assert not room.webhook(made.id).enabled
    assert room.claim() == [], "what waits for a webhook waits on while it is disabled"


def test_webhook_is_disabled_when_nothing_reached_it_for_five_days(room, clock):
    made = room.add()
    fates = []
    for wait_s in (0, 4.9 * DAY_S, 0.2 * DAY_S):
        clock.pass_s(wait_s)
        room.write(made)
        letter = next(each for each in room.claim())
        fates.append(room.fail(letter)[0].disabled)
    assert fates == [False, False, True]
    assert not room.webhook(made.id).enabled


def test_delivery_ends_a_webhooks_failing(room, clock):
    made = room.add()
    room.write(made, many=2)
    room.fail(room.claim(1)[0])
    assert room.webhook(made.id).failing_since_s == clock()
    room.deliver(room.claim(1)[0])
    assert room.webhook(made.id).failing_since_s is None


def test_ping_is_not_repeated(room):
    made = room.add()
    room.ping(made)
    [letter] = room.claim()
    assert room.fail(letter)[0].fate is Fate.FAILED
    assert room.delivery(letter.delivery_id).event == Event.PING


def test_age_of_a_message_is_told_when_it_is_delivered(room, clock):
    room.write(room.add())
    room.fail(room.claim()[0])
    clock.pass_s(20)
    [noted] = room.deliver(room.claim()[0])
    assert noted.age_s == 20


def test_both_secrets_sign_while_they_overlap_and_the_old_is_forgotten_then(room, clock):
    made = room.add()
    room.write(made, many=3)
    rotated = room.run(lambda session: room.endpoints.rotate(session, "acme", made.id, 60))
    assert room.claim(1)[0].secrets == (rotated.secret, made.secret)
    clock.pass_s(61)
    assert room.claim(1)[0].secrets == (rotated.secret,)
    room.run(room.queue.sweep)
    assert room.webhook(made.id).old_secret is None


def test_letter_shows_neither_secret_nor_address_nor_payload(room):
    made = room.add(url="https://acme.example/hooks?token=hidden")
    room.write(made)
    [letter] = room.claim()
    for hidden in (made.secret, "hidden", letter.payload):
        assert hidden not in repr(letter)


def test_old_messages_are_removed_with_their_attempts(room, clock):
    made = room.add()
    room.write(made, many=3)
    [letter] = room.claim(1)
    room.deliver(letter)
    clock.pass_s(SETTINGS.keep_days * DAY_S + 1)
    room.write(made)
    assert room.run(lambda session: room.queue.sweep(session, 2)) == 2
    assert room.run(lambda session: room.queue.sweep(session, 2)) == 1
    assert room.run(lambda session: session.query(DeliveryRow).count()) == 1
    assert room.attempts(letter.delivery_id) == []


def test_receipt_for_a_removed_webhook_counts_for_nothing(room):
    made = room.add()
    room.write(made)
    [letter] = room.claim()
    room.run(lambda session: room.endpoints.remove(session, "acme", made.id))
    assert room.finish(Receipt(letter, 0.0, 0.1, 204)) == []
