import pytest

from services.common.errors import Conflict, InvalidInput, NotFound
from services.database.tables import DeliveryRow

URL = "https://acme.example/hooks"


def test_webhook_is_made_with_a_secret_that_no_print_shows(room):
    made = room.add(events=["item.failed", "job.done"], description="shop")
    [found] = room.run(lambda session: room.endpoints.all(session, "acme"))
    assert (found.id, found.url, found.events, found.enabled) == (made.id, URL, "job.done,item.failed", True)
    assert made.secret.startswith("whsec_")
    assert made.secret not in repr(made)


def test_webhook_of_another_tenant_is_not_found(room):
    made = room.add()
    for act in (room.endpoints.one, room.endpoints.change, room.endpoints.remove, room.endpoints.rotate):
        with pytest.raises(NotFound):
            room.run(lambda session, act=act: act(session, "other", made.id))
    assert room.run(lambda session: room.endpoints.all(session, "other")) == []


def test_second_webhook_with_the_same_address_is_refused_and_the_first_told(room):
    made = room.add()
    with pytest.raises(Conflict) as caught:
        room.add()
    assert caught.value.details["webhook_id"] == made.id
    room.add("other")


def test_tenant_has_no_more_webhooks_than_it_may(room):
    for number in range(3):
        room.add(url=f"{URL}/{number}")
    with pytest.raises(InvalidInput, match="may have 3 webhooks"):
        room.add(url=f"{URL}/3")


def test_private_address_is_refused_at_creation_and_at_a_change(room):
    with pytest.raises(InvalidInput, match="no public host"):
        room.add(url="https://10.0.0.1/")
    made = room.add()
    with pytest.raises(InvalidInput, match="no public host"):
        room.run(lambda session: room.endpoints.change(session, "acme", made.id, url="https://10.0.0.1/"))


def test_change_leaves_what_is_not_given(room):
    made = room.add(description="shop")
    changed = room.run(lambda session: room.endpoints.change(session, "acme", made.id, events=["item.failed"]))
    assert (changed.url, changed.description, changed.events, changed.enabled) == (URL, "shop", "item.failed", True)
    room.run(lambda session: room.endpoints.change(session, "acme", made.id, description="", enabled=False))
    [found] = room.run(lambda session: room.endpoints.all(session, "acme"))
    assert (found.description, found.enabled, found.secret) == ("", False, made.secret)


def test_webhook_that_is_enabled_again_has_not_failed_yet(room, clock):
    made = room.add()
    room.run(lambda session: setattr(room.endpoints.one(session, "acme", made.id), "failing_since_s", clock()))
    for enabled in (False, True):
        room.run(lambda session, on=enabled: room.endpoints.change(session, "acme", made.id, enabled=on))
    assert room.run(lambda session: room.endpoints.one(session, "acme", made.id)).failing_since_s is None


def test_change_to_the_address_of_another_webhook_is_refused(room):
    room.add()
    made = room.add(url=f"{URL}/2")
    with pytest.raises(Conflict):
        room.run(lambda session: room.endpoints.change(session, "acme", made.id, url=URL))


def test_webhook_is_removed_with_what_waits_for_it(room):
    made = room.add()
    room.ping(made)
    room.run(lambda session: room.endpoints.remove(session, "acme", made.id))
    assert room.run(lambda session: session.query(DeliveryRow).count()) == 0


def test_rotation_keeps_the_old_secret_for_its_overlap(room, clock):
    made = room.add()
    rotated = room.run(lambda session: room.endpoints.rotate(session, "acme", made.id, 60))
    assert (rotated.old_secret, rotated.old_until_s) == (made.secret, clock() + 60)
    assert rotated.secret != made.secret
    at_once = room.run(lambda session: room.endpoints.rotate(session, "acme", made.id, 0))
    assert (at_once.old_secret, at_once.old_until_s) == (None, None)
