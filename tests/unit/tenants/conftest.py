import pytest

from services.common.settings import TenantSettings
from services.tenants.accounts import Accounts
from services.tenants.keys import Keys
from tests.support.clocks import Clock


@pytest.fixture
def clock():
    return Clock(1_700_000_000.0)


@pytest.fixture
def accounts(clock):
    return Accounts(TenantSettings(rate_per_s=2, burst_requests=4), clock)


@pytest.fixture
def keys(accounts, clock):
    return Keys(accounts, clock)
