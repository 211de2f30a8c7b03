import json
import threading

import pytest

from services.api.jobs import JobState
from services.database.tables import DeliveryRow
from services.jobs.states import ItemState
from tests.support.job_rows import item_row, job_row


@pytest.fixture
def written(room):
    """What waits to be sent, by event."""
    return lambda: room.run(lambda session: {row.event: row for row in session.query(DeliveryRow)})


@pytest.mark.parametrize(
    ("state", "event"), [(JobState.DONE, "job.done"), (JobState.CANCELLED, "job.cancelled")], ids=["done", "cancelled"]
)
def test_end_of_a_job_is_written_for_whom_it_concerns(room, written, state, event):
    wants = room.add(events=["job.done", "job.cancelled"])
    room.add(url="https://acme.example/items", events=["item.failed"])
    room.add("other", events=["job.done", "job.cancelled"])
    room.run(lambda session: room.outbox.job_ended(session, job_row(state=state)))
    [(told, row)] = written().items()
    assert (told, row.webhook_id, row.tenant, row.state) == (event, wants.id, "acme", "PENDING")
    message = json.loads(row.payload)
    assert (message["type"], message["data"]["job"]["job_id"]) == (event, "job")


def test_ends_of_items_are_written_with_their_job(room, written):
    room.add(events=["item.succeeded", "item.failed"])
    items = [
        item_row(0, state=ItemState.SUCCEEDED, result='{"scene_id": "white"}'),
        item_row(1, state=ItemState.FAILED, error_code="product_not_found", error="no product"),
        item_row(2, state=ItemState.CANCELLED),
    ]
    room.run(lambda session: room.outbox.items_ended(session, job_row(), items))
    data = {event: json.loads(row.payload)["data"] for event, row in written().items()}
    assert set(data) == {"item.succeeded", "item.failed"}
    assert (data["item.failed"]["job_id"], data["item.failed"]["item"]["number"]) == ("job", 1)
    assert data["item.failed"]["item"]["error"]["code"] == "product_not_found"
    assert data["item.succeeded"]["item"]["shot"]["scene_id"] == "white"


def test_items_are_wanted_by_whom_an_enabled_webhook_asks_for_them(room):
    room.add("jobs")
    asks = room.add(events=["item.failed"])
    wants = lambda tenant: room.run(lambda session: room.outbox.wants_items(session, tenant))  # noqa: E731 - short
    assert (wants("acme"), wants("jobs"), wants("other")) == (True, False, False)
    room.run(lambda session: room.endpoints.change(session, "acme", asks.id, enabled=False))
    assert not wants("acme")


def test_disabled_webhook_gets_no_messages(room, written):
    made = room.add()
    room.run(lambda session: room.endpoints.change(session, "acme", made.id, enabled=False))
    room.run(lambda session: room.outbox.job_ended(session, job_row(state=JobState.DONE)))
    assert written() == {}


def test_message_is_not_written_where_the_event_did_not_happen(room, written):
    room.add()

    def fails(session):
        room.outbox.job_ended(session, job_row(state=JobState.DONE))
        raise RuntimeError("the job's transaction")

    with pytest.raises(RuntimeError):
        room.run(fails)
    assert written() == {}


def test_event_beside_the_removal_of_its_webhook_happens_without_a_message(room, written):
    made, ended = room.add(), []

    def end_job():
        room.run(lambda session: room.outbox.job_ended(session, job_row(state=JobState.DONE)))
        ended.append(True)

    with room.database.transaction() as session:
        room.endpoints.remove(session, "acme", made.id)
        session.flush()
        thread = threading.Thread(target=end_job)
        thread.start()
        thread.join(0.2)
        assert not ended, "it waits to see whether the webhook stays"
    thread.join()
    assert ended
    assert written() == {}


def test_second_ping_is_the_one_that_waits_already(room, written):
    made = room.add()
    assert room.ping(made) == room.ping(made)
    assert json.loads(written()["webhook.ping"].payload)["data"] == {"webhook_id": made.id}
