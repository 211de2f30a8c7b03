import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.common.errors import Conflict, InvalidInput, NotFound, StorageUnavailable
from services.common.settings import StyleSettings
from services.storage.local import LocalBlobs
from services.storage.signature import Signature
from services.styles.registry import StyleRegistry
from services.styles.schema import Style


@pytest.fixture
def store(tmp_path):
    return LocalBlobs(tmp_path, Signature(b"k" * 32), "http://testserver", 60)


@pytest.fixture
def registry(store):
    return StyleRegistry(store, StyleSettings(max_per_tenant=3, shared_from="house"), now=lambda: 17.0)


def style(tenant, style_id, data=b"adapter"):
    return Style(tenant, style_id, "words", hashlib.sha256(data).hexdigest(), len(data), 4, ("unet",), "tiny 1")


def added(registry, tenant, style_id, data=b"adapter"):
    registry.put(style(tenant, style_id, data), data)
    return registry.add(style(tenant, style_id, data))


def files(store):
    return {info.key for info in store.under("styles") if not info.key.endswith("index.json")}


def test_style_is_known_to_its_tenant_alone(registry):
    made = added(registry, "acme", "linen")
    assert registry.known_to("acme") == {"linen": made}
    assert made.created_s == 17.0
    assert registry.known_to("other") == {}


def test_style_of_the_tenant_that_shares_is_known_to_all(registry):
    shared = added(registry, "house", "linen")
    assert registry.known_to("acme") == {"linen": shared}
    assert registry.is_shared(shared)


def test_own_style_stands_before_a_shared_one(registry):
    added(registry, "house", "linen", b"theirs")
    own = added(registry, "acme", "linen", b"own")
    assert registry.known_to("acme") == {"linen": own}


def test_file_that_was_stored_is_no_style_yet(registry, store):
    assert registry.put(style("acme", "linen"), b"adapter") is None
    assert registry.known_to("acme") == {}
    registry.forget(style("acme", "linen"))
    assert files(store) == set()


def test_style_that_is_there_is_told_and_its_file_written_again(registry, store):
    made = added(registry, "acme", "linen")
    store.delete([made.key])
    assert registry.put(style("acme", "linen"), b"adapter") == made
    assert store.get(made.key) == b"adapter"
    registry.forget(style("acme", "linen"))
    assert files(store) == {made.key}


def test_id_of_another_file_is_taken(registry, store):
    made = added(registry, "acme", "linen")
    with pytest.raises(Conflict, match="another file") as caught:
        registry.put(style("acme", "linen", b"other"), b"other")
    assert caught.value.details["field"] == "style_id"
    assert files(store) == {made.key}


def test_tenant_has_room_for_so_many(registry):
    for number in range(3):
        added(registry, "acme", f"linen-{number}")
    with pytest.raises(InvalidInput, match="may have 3 styles"):
        registry.put(style("acme", "one-more"), b"adapter")
    added(registry, "other", "linen")


def test_removed_style_and_its_file_are_gone(registry, store):
    added(registry, "acme", "linen")
    registry.remove("acme", "linen")
    assert (registry.known_to("acme"), files(store)) == ({}, set())
    with pytest.raises(NotFound):
        registry.remove("acme", "linen")


def test_shared_style_is_removed_by_nobody_else(registry):
    added(registry, "house", "linen")
    with pytest.raises(NotFound, match="you have no style 'linen'"):
        registry.remove("acme", "linen")


def test_styles_that_come_at_once_are_all_kept(registry):
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda number: added(registry, "acme", f"linen-{number}"), range(3)))
    assert len(registry.known_to("acme")) == 3


def test_of_two_files_for_one_id_that_come_at_once_one_is_refused(registry):
    """Both were looked at and found to fit before either was listed."""
    for data in (b"one", b"two"):
        registry.put(style("acme", "linen", data), data)
    registry.add(style("acme", "linen", b"one"))
    with pytest.raises(Conflict):
        registry.add(style("acme", "linen", b"two"))


def test_damaged_list_is_said_to_be_one(registry, store):
    store.put("styles/acme/index.json", b"{}", "application/json")
    with pytest.raises(StorageUnavailable, match="damaged"):
        registry.known_to("acme")


def test_nothing_is_shared_where_nobody_shares(store):
    registry = StyleRegistry(store, StyleSettings(shared_from=""))
    assert registry.known_to("acme") == {}
