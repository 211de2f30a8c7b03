"""A service with a front, for as long as it is asked."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from loadtests.ingress.front import Front
from services.cli.service_process import ServiceProcess
from services.common.ports import require_free_ports
from services.common.settings import Settings
from services.database.database import Database
from services.tenants.accounts import Accounts
from services.tenants.caller import Scope
from services.tenants.keys import Keys

_READY_S: Final = 300.0


@dataclass(frozen=True)
class Service:
    """One that is ready.

    Args:
        settings: Of it, but for what a measurement sets beside the front's.
        key: A tenant's.
        pid: Of its first process.
    """

    settings: Settings
    key: str = field(repr=False)
    pid: int


@contextmanager
def serving(
    front: Front, port: int, log: Path, environment: Mapping[str, str], sections: Mapping[str, Any] | None = None
) -> Iterator[Service]:
    """Start one, wait until it is ready, and stop it behind.

    Args:
        front: Stands before its replicas.
        port: The first of 300.
        log: Gets what it says.
        environment: Beside that of its settings.
        sections: Of the tree, put over the front's.

    Raises:
        InvalidInput: A port is taken.
        NotReady: It does not start.
    """
    with tempfile.TemporaryDirectory() as folder:
        settings = front.settings(Path(folder), port)
        require_free_ports(settings)
        key = _new_key(settings)
        told = {**front.environment(port, sections), **environment}
        with ServiceProcess(settings, settings.data_dir, log, environment=told) as service:
            service.wait_ready(_READY_S)
            yield Service(settings, key, service.pid or 0)


def _new_key(settings: Settings) -> str:
    settings.data_dir.mkdir(parents=True)
    database = Database.open(settings.database, settings.data_dir)
    try:
        with database.transaction() as session:
            accounts = Accounts(settings.tenants)
            accounts.ensure(session, "caller")
            return Keys(accounts).create(session, "caller", list(Scope), None, "load test").text
    finally:
        database.close()
