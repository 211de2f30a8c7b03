"""Items of jobs on the real service: made, stopped, begun again when their dispatcher dies, given back when it ends."""

import time

import pytest
import ray
from ray import serve
from ray.serve.config import AutoscalingConfig, AutoscalingPolicy
from ray.serve.context import _get_global_client

from services.app import APPLICATION
from services.jobs.moves import Moves
from services.jobs.register import Register
from services.jobs.room import Room
from services.jobs.scaling import BacklogPolicy
from tests.support.replicas import kill, pids_of, wait_for_others
from tests.support.running_service import PATIENCE_S
from tests.support.stored_jobs import StoredJobs

pytestmark = pytest.mark.service

SMALL = {"scene_id": "white", "canvas": {"width": 200, "height": 200}}
#: Works for some seconds.
LONG = {"scene_id": "marble", "canvas": {"width": 2000, "height": 2000}, "output": {"format": "AVIF", "quality": 100}}


@pytest.fixture(scope="module")
def jobs(service):
    stored = StoredJobs(service.settings)
    yield stored
    stored.close()


@pytest.fixture(scope="module")
def photo_key(jobs, photo):
    return jobs.photo(photo)


def test_items_are_made_once_each_with_one_line_in_the_ledger(jobs, photo_key):
    job = jobs.create(photo_key, 4, SMALL)
    items = jobs.wait_for_end(job)
    assert [(item.state, item.error) for item in items] == [("SUCCEEDED", None)] * 4
    assert jobs.job(job).state == "DONE"
    assert jobs.charged(job) == [f"{job}/{number}" for number in range(4)]
    files = jobs.files(job)
    assert len(files) == 4
    assert all(key in item.result for key, item in zip(files, items, strict=True))


def test_item_that_cant_be_made_is_told_why_and_holds_up_no_other(jobs, photo_key):
    bad = jobs.create("shots/local/none.jpg", 1, SMALL)
    good = jobs.create(photo_key, 1, SMALL)
    [item] = jobs.wait_for_end(bad)
    assert (item.state, item.error_code) == ("FAILED", "not_found")
    assert [each.state for each in jobs.wait_for_end(good)] == ["SUCCEEDED"]


def test_item_at_work_stops_when_it_is_cancelled(jobs, photo_key):
    job = jobs.create(photo_key, 1, LONG)
    jobs.wait_for_work(job)
    with jobs.database.transaction() as session:
        Register(Moves(), Room(1000)).cancel(session, "local", job, [])
    serve.get_deployment_handle("Dispatcher", APPLICATION).wake.remote().result()
    [item] = jobs.wait_for_end(job)
    assert (item.state, item.result) == ("CANCELLED", None)
    assert jobs.charged(job) == jobs.files(job) == []


def test_items_of_a_dispatcher_that_was_killed_are_begun_again(jobs, photo_key):
    job = jobs.create(photo_key, 3, SMALL | {"canvas": {"width": 1200, "height": 1200}})
    lost = {item.number for item in jobs.wait_for_work(job)}
    wait_for_others("Dispatcher", kill(pids_of("Dispatcher")))
    items = jobs.wait_for_end(job)
    assert [item.state for item in items] == ["SUCCEEDED"] * 3
    assert any(item.attempts > 1 for item in items if item.number in lost)
    assert jobs.charged(job) == [f"{job}/{number}" for number in range(3)]


def replicas():
    """Actors of the dispatcher's replicas."""
    details = ray.get(_get_global_client()._controller.get_serve_instance_details.remote())
    running = details["applications"][APPLICATION]["deployments"]["Dispatcher"]["replicas"]
    return [ray.get_actor(each["actor_name"], namespace="serve") for each in running if each["state"] == "RUNNING"]


def test_items_of_a_dispatcher_that_ends_cost_no_attempt(jobs, photo_key):
    job = jobs.create(photo_key, 1, LONG)
    jobs.wait_for_work(job)
    [replica] = replicas()
    dead = pids_of("Dispatcher")
    ray.get(replica.perform_graceful_shutdown.remote())
    [item] = jobs.items(job)
    assert (item.state, item.attempts) in (("QUEUED", 0), ("SUCCEEDED", 1))  # as fast as this machine is
    wait_for_others("Dispatcher", kill(dead))
    [item] = jobs.wait_for_end(job)
    assert (item.state, item.attempts) == ("SUCCEEDED", 1)


@serve.deployment
class Told:
    """Tells Serve a backlog of any age."""

    def __init__(self):
        self.oldest_s = 0.0

    def set(self, oldest_s):
        self.oldest_s = oldest_s

    def record_autoscaling_stats(self):
        return {"oldest_s": self.oldest_s, "running": 0.0}


@pytest.mark.filterwarnings("ignore:The `metrics_interval_s` field")  # else it can be set for all of Serve alone
def test_serve_adds_dispatchers_while_work_waits_too_long_and_takes_them_away(service):
    scaling = AutoscalingConfig(
        min_replicas=1, max_replicas=2, upscale_delay_s=0, downscale_delay_s=0, metrics_interval_s=0.5,
        look_back_period_s=1, policy=AutoscalingPolicy(policy_function=BacklogPolicy, policy_kwargs={"target_s": 5.0}),
    )  # fmt: skip
    deployment = Told.options(autoscaling_config=scaling, ray_actor_options={"num_cpus": 0.1})
    told = serve.run(deployment.bind(), name="scaling", route_prefix=None)
    for oldest_s, wanted in ((6.0, 2), (0.0, 1)):
        told.broadcast("set", oldest_s).results()
        limit = time.monotonic() + PATIENCE_S
        while serve.status().applications["scaling"].deployments["Told"].replica_states != {"RUNNING": wanted}:
            assert time.monotonic() < limit, wanted
            time.sleep(0.1)
    serve.delete("scaling")
