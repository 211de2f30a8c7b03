"""A key tells the tenant; without one, callers on this machine are the local tenant and nobody else is served."""

import pytest

from services.common.errors import Forbidden, Unauthenticated
from services.common.settings import TenantSettings
from services.common.tenant import LOCAL_TENANT
from services.gateway.auth import Auth, is_local, scope_of
from services.tenants.accounts import Accounts
from services.tenants.caller import Scope
from services.tenants.directory import Directory
from services.tenants.keys import Keys

STRANGER = "203.0.113.9"


@pytest.mark.parametrize(
    "peer",
    [
        "127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "ipv4:127.0.0.1:40112", "ipv6:[::1]:40112",
        "ipv6:%5B::1%5D:40112", "ipv6:%5B::ffff:127.0.0.1%5D:40112", "unix:/tmp/socket", "unix:",
    ],
)  # fmt: skip
def test_peer_on_this_machine_is_local(peer):
    assert is_local(peer)


@pytest.mark.parametrize(
    "peer",
    [
        STRANGER, "ipv4:203.0.113.9:40112", "ipv6:[2001:db8::1]:40112", "::ffff:203.0.113.9", "10.0.0.1",
        "localhost", "127.0.0.1.example.org", "ipv4:", "", "unknown",
    ],
)  # fmt: skip
def test_any_other_peer_is_not(peer):
    assert not is_local(peer)


@pytest.fixture
def auth(database):
    return lambda **options: Auth(Directory(database, TenantSettings()), **options)


@pytest.fixture
def key(database):
    with database.transaction() as session:
        return Keys(Accounts(TenantSettings())).create(session, "acme", [Scope.READ]).text


async def test_key_tells_the_tenant_from_wherever_it_comes(auth, key):
    for peer in ("127.0.0.1", STRANGER):
        assert (await auth().caller(peer, f"Bearer {key}", Scope.READ)).tenant == "acme"


async def test_local_caller_needs_no_key_unless_the_operator_says_so(auth):
    assert (await auth().caller("127.0.0.1", "", Scope.CREATE)).tenant == LOCAL_TENANT
    with pytest.raises(Unauthenticated):
        await auth(require_keys=True).caller("127.0.0.1", "", Scope.CREATE)


async def test_stranger_without_a_key_is_refused(auth):
    with pytest.raises(Unauthenticated, match="an API key is needed"):
        await auth().caller(STRANGER, "", Scope.READ)


@pytest.mark.parametrize("sent", ["Bearer", "Bearer ", "Bearer nonsense", "Basic dXNlcjpwYXNz", "{key}"])
async def test_wrong_key_is_not_as_good_as_none(auth, key, sent):
    with pytest.raises(Unauthenticated):
        await auth().caller("127.0.0.1", sent.format(key=key), Scope.READ)


async def test_scheme_may_be_written_as_anybody_likes(auth, key):
    assert (await auth().caller(STRANGER, f"bEaReR  {key}", Scope.READ)).tenant == "acme"


async def test_key_is_good_for_its_scopes_alone(auth, key):
    with pytest.raises(Forbidden, match="'create'"):
        await auth().caller(STRANGER, f"Bearer {key}", Scope.CREATE)


def test_call_that_nobody_listed_needs_the_most():
    assert scope_of("CreateWhatever") is Scope.CREATE
