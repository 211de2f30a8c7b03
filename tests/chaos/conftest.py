"""One run while everything breaks, and what its tests look at."""

import pytest

from tests.support.chaos_figures import ChaosFigures
from tests.support.chaos_plan import ChaosPlan
from tests.support.chaos_run import ChaosRun
from tests.support.chaos_service import ChaosService
from tests.support.postgres import require_programs


@pytest.fixture(scope="module")
def aftermath(request, tmp_path_factory):
    """A `ChaosRun` that is over."""
    require_programs()
    asked = {
        name: request.config.getoption(f"--chaos-{name}") for name in ("seed", "items", "kills", "restarts", "stalls")
    }
    plan = ChaosPlan(**asked)
    with ChaosService(tmp_path_factory.mktemp("chaos"), request.config.getoption("--chaos-replicas")) as service:
        run = ChaosRun(service, plan, asked["items"])
        run.run()
        if path := request.config.getoption("--chaos-figures"):
            ChaosFigures(run, asked).write(path)
        yield run
