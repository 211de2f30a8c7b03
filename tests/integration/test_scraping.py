"""A real Prometheus over the real service at work: every dashboard and every alert has something to look at."""

import contextlib
import io
import os
import re
import threading
import time

import grpc
import numpy as np
import pytest
from PIL import Image

from services.common.errors import WrongState
from services.common.settings import DatabaseSettings
from services.database.database import Database
from services.database.tables import QuotaPeriod, Tenant
from services.jobs.moves import Moves
from services.jobs.register import Register
from services.jobs.room import Room
from services.pb.vitrine.v1 import studio_pb2
from services.tenants.quota import Period
from tests.support.job_rows import job_row
from tests.support.operations import RULES, shown
from tests.support.photos import encoded
from tests.support.prometheus import PrometheusServer, program, with_data
from tests.support.running_service import PATIENCE_S, free_ports
from tests.support.stored_jobs import StoredJobs

pytestmark = pytest.mark.service

#: What can't be seen here, and why; whatever names one of these metrics is expected to have no data.
WITHOUT_DATA = {
    r"ray_node_gpus_utilization|ray_node_gram_\w+": "there is no GPU",
    r"ray_vitrine_denoising_\w+|ray_vitrine_batch_occupancy_\w+": "plates are rendered, nothing is drawn",
    r"ray_vitrine_styles_\w+": "what is not drawn has no style",
    r"ray_vitrine_style_training\w+": "nobody trains styles, which are for drawing",
    r"ray_vitrine_certificate_end_\w+": "the key is a throw-away one",
    r"ray_vitrine_runner|ray_vitrine_engine_state": "plates need no networks",
}
#: Written first when a replica or a claim is lost, an item lets others go first, or a message is sent: other tests of
#: the same service see to some of that, before or after these.
PERHAPS = r"ray_vitrine_(stage_retries_total|job_yield_\w+|job_claims_lost_total|webhook_\w+)"
UNSEEN = re.compile("|".join([*WITHOUT_DATA, PERHAPS]))


@pytest.fixture(scope="module")
def prometheus(service, tmp_path_factory):
    if program() is None:
        missing = "Prometheus is not installed (on Debian: apt install prometheus)"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    [port] = free_ports(1)
    settings = service.settings
    targets = [f"127.0.0.1:{settings.ray.metrics_port}", f"127.0.0.1:{settings.http.port}"]
    with PrometheusServer(tmp_path_factory.mktemp("prometheus"), port, targets) as server:
        until(server.is_ready)
        yield server


@pytest.fixture(scope="module")
def load(service, photo):
    """Shots one after the other, each read back, and one that is refused; beside each the cutout of one small photo."""
    small = encoded(np.asarray(Image.open(io.BytesIO(photo)).resize((150, 100))), "JPEG", quality=95)
    over, failures = threading.Event(), []
    shot = {"image": {"content": photo}, "scene_id": "white", "seed": 1}
    refused = studio_pb2.CreateShotRequest(**shot, thresholds={"confidence": 1.0})

    def work():
        with pytest.raises(grpc.RpcError, match="confidence"):
            service.studio.CreateShot(refused)
        while not over.is_set():
            key = service.studio.CreateShot(studio_pb2.CreateShotRequest(**shot)).image.key
            assert list(service.studio.ReadBlob(studio_pb2.ReadBlobRequest(key=key)))
            service.studio.CreateCutout(studio_pb2.CreateCutoutRequest(image={"content": small}))
            over.wait(1)  # for the job's items, which let these go first

    def noted():
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - of a thread, told when it is joined
            failures.append(error)

    working = threading.Thread(target=noted)
    working.start()
    yield
    over.set()
    working.join()
    assert failures == []


@pytest.fixture(scope="module")
def work_on_a_job(service, photo):
    """Items that are worked on meanwhile."""
    stored = StoredJobs(service.settings)
    recipe = {"scene_id": "white", "canvas": {"width": 200, "height": 200}}
    job = stored.create(stored.photo(photo), 30, recipe)
    yield
    with contextlib.suppress(WrongState), stored.database.transaction() as session:  # where it is done
        Register(Moves(), Room(1000)).cancel(session, "local", job)
    stored.wait_for_end(job)
    stored.close()


@pytest.fixture(scope="module")
def job_that_waits(service):
    """A paused job, and a tenant that has used half of its quota."""
    now_s = time.time()
    job = job_row(id="scraped", tenant="scraped", state="PAUSED", created_s=now_s, expires_s=now_s + 3600)
    tenant = Tenant(name="scraped", created_s=now_s, quota_items=10)
    used = QuotaPeriod(
        tenant="scraped", began_s=Period.around(now_s, service.settings.tenants.quota_period).begins_s, items=5,
        megapixels=0.0,
    )  # fmt: skip
    database = Database.open(DatabaseSettings(upgrade=False), service.settings.data_dir)
    rows = [tenant, used, job]
    with database.transaction() as session:
        session.add_all(rows)
    yield
    with database.transaction() as session:
        for row in rows:
            session.delete(session.merge(row))
    database.close()


def until(condition):
    """Wait for a condition to hold."""
    limit = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < limit, "it does not hold in time"
        time.sleep(0.5)


def expected():
    """Every expression that an operator looks at, over a minute where Grafana would choose the time."""
    queries = {query.replace("$__rate_interval", "1m") for query in shown()}
    return queries | {with_data(rule["expr"]) for rule in RULES}


@pytest.mark.usefixtures("load", "work_on_a_job", "job_that_waits")
def test_every_panel_and_every_alert_has_data(prometheus):
    waiting = {query for query in expected() if not UNSEEN.search(query)}
    limit = time.monotonic() + PATIENCE_S
    while waiting := {query for query in waiting if not prometheus.values(query)}:
        assert time.monotonic() < limit, waiting
        time.sleep(1)
    assert {target["health"] for target in prometheus.asked("targets")["activeTargets"]} == {"up"}
    groups = prometheus.asked("rules")["groups"]
    assert {rule["health"] for group in groups for rule in group["rules"]} == {"ok"}


@pytest.mark.parametrize("metrics", WITHOUT_DATA)
def test_what_is_said_to_have_no_data_has_none(prometheus, metrics):
    unseen = [query for query in expected() if re.search(metrics, query)]
    assert unseen
    assert [query for query in unseen if prometheus.values(query)] == []
