"""A service of a profile's own settings, for as long as its run takes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from gevent.pywsgi import WSGIServer

from loadtests.load.place import Place
from loadtests.load.profile import Profile
from loadtests.own_settings import environment_of, own_settings, uncached
from services.cli.service_process import ServiceProcess
from services.common.ports import require_free_ports
from services.common.settings import Settings
from services.database.database import Database
from services.tenants.accounts import Accounts, Wishes
from services.tenants.caller import Scope
from services.tenants.keys import Keys

READY_S: Final = 300.0
#: Ray's own ten seconds would show little of a phase.
METRICS_EVERY_S: Final = 5.0


@contextmanager
def own_service(profile: Profile, photo: bytes, port: int, folder: Path, log: Path) -> Iterator[Place]:
    """Start one, with the profile's tenants, and a server that it may fetch the photo from.

    Args:
        profile: Says its settings.
        photo: What the photo's address answers.
        port: The first of four.
        folder: Gets its data.
        log: Gets what it says.

    Raises:
        InvalidInput: A port is taken.
        NotReady: It does not start.
    """
    sections = uncached(trusting(profile.service, f"127.0.0.1:{port + 3}"))
    settings = own_settings(folder, port, sections)
    require_free_ports(settings)
    keys = new_keys(profile, settings)
    environment = environment_of(sections) | {
        "RAY_metrics_report_interval_ms": f"{1000 * METRICS_EVERY_S:.0f}",
        "VITRINE_OBSERVABILITY__LOG_LEVEL": "WARNING",
    }
    with (
        _photo_server(photo, port + 3),
        ServiceProcess(settings, settings.data_dir, log, environment=environment) as service,
    ):
        service.wait_ready(READY_S)
        yield Place(
            service.address, settings.http.base_url, f"http://127.0.0.1:{settings.ray.metrics_port}/metrics",
            f"http://127.0.0.1:{port + 3}/photo.jpg", keys,
        )  # fmt: skip


def trusting(sections: Mapping[str, Any], host: str) -> dict[str, Any]:
    """The same settings, with photos fetched from a host of this machine."""
    fetch = {"allow_http": True, "trusted_hosts": [host]} | sections.get("fetch", {})
    return {**sections, "fetch": fetch}


def new_keys(profile: Profile, settings: Settings) -> dict[str, str]:
    """Make the profile's tenants with their limits in the service's database; a key of each."""
    if not profile.tenants:
        return {}
    accounts = Accounts(settings.tenants)
    keys: dict[str, str] = {}
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database.open(settings.database, settings.data_dir)
    try:
        for name, tenant in profile.tenants.items():
            with database.transaction() as session:
                accounts.ensure(session, name)
                accounts.set_limits(session, name, Wishes(**tenant.model_dump(exclude={"share"})))
                keys[name] = Keys(accounts).create(session, name, list(Scope), None, "load test").text
    finally:
        database.close()
    return keys


@contextmanager
def _photo_server(photo: bytes, port: int) -> Iterator[None]:
    def answer(_environment: Mapping[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "image/jpeg"), ("Content-Length", str(len(photo)))])
        return [photo]

    server = WSGIServer(("127.0.0.1", port), answer, log=None)
    server.start()
    try:
        yield
    finally:
        server.stop()
