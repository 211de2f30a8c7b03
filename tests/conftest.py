"""Fixtures that several folders share."""

import os

import pytest
from hypothesis import settings
from skimage import data
from sqlalchemy import text
from xdist.scheduler import LoadScopeScheduling

from services.common.settings import DatabaseSettings
from services.database.base import Base
from services.database.database import Database
from tests.support.photos import encoded
from tests.support.postgres import PostgresServer, require_programs

# What replicas say is in the service's log files. Ray would write it to our stderr as well, whatever test is at work
# there by then; it looks when it is imported.
os.environ.setdefault("RAY_LOG_TO_DRIVER", "0")

# Busy machines are slow machines; no test here is about time.
# In CI the same examples each time, as in Hypothesis' own profile for it: luck must not stop an unrelated change.
settings.register_profile("vitrine", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("vitrine")


def pytest_addoption(parser):
    parser.addoption("--hostile", type=int, default=60, help="hostile inputs to send; all kinds by 14, many by 300")
    parser.addoption("--hostile-seed", default="1", help="another seed gives other inputs")
    parser.addoption("--chaos-items", type=int, default=60, help="items of jobs that are worked off while all breaks")
    parser.addoption("--chaos-kills", type=int, default=6, help="replicas that are killed meanwhile")
    parser.addoption("--chaos-restarts", type=int, default=1, help="of the database meanwhile")
    parser.addoption("--chaos-stalls", type=int, default=0, help="of dispatchers, which then come too late")
    parser.addoption("--chaos-replicas", type=int, default=1, help="replicas of each deployment")
    parser.addoption("--chaos-seed", type=int, default=1, help="another seed gives other kills and faults")
    parser.addoption("--chaos-figures", default="", help="file that gets what happened, as JSON")


class ByPlace(LoadScopeScheduling):
    """Which tests share a process where there are several: all that need a service, as only one at a time has cores to
    work with; of the others those of a file, which share parts."""

    def _split_scope(self, nodeid):
        return "service" if _needs_service(nodeid) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config, log):
    return ByPlace(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """What needs a service first, as it takes longest."""
    items.sort(key=lambda item: not _needs_service(item.nodeid))


def _needs_service(nodeid):
    return nodeid.startswith(("tests/integration/", "tests/chaos/"))


@pytest.fixture(scope="session")
def photo():
    """A real still life as a JPEG file, 600 x 400."""
    return encoded(data.coffee(), "JPEG", quality=95)


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server."""
    require_programs()
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_database(postgres, tmp_path_factory):
    """A database there with its tables."""
    opened = Database.open(DatabaseSettings(url=postgres.new_database()), tmp_path_factory.mktemp("unused"))
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_settings(request):
    """Settings of a database without tables, of each kind."""
    url = request.getfixturevalue("postgres").new_database() if request.param == "postgresql" else ""
    return DatabaseSettings(url=url)


@pytest.fixture
def sqlite_database(tmp_path):
    """An open database with empty tables, for what no database can differ in."""
    opened = Database.open(DatabaseSettings(), tmp_path)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request):
    """An open database with empty tables, of each kind."""
    if request.param == "postgresql":
        shared = request.getfixturevalue("postgres_database")
        yield shared
        with shared.transaction() as session:
            session.execute(text(f"TRUNCATE {', '.join(Base.metadata.tables)}"))
        return
    yield request.getfixturevalue("sqlite_database")
