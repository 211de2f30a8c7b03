"""The processes behind the running service's deployments."""

import os
import signal
import time

import ray
from ray.serve.context import _get_global_client

from services.app import APPLICATION
from tests.support.running_service import PATIENCE_S


def pids_of(deployment):
    """Of a deployment's running replicas, as Serve's controller knows them."""
    details = ray.get(_get_global_client()._controller.get_serve_instance_details.remote())
    replicas = details["applications"][APPLICATION]["deployments"][deployment]["replicas"]
    return {each["pid"] for each in replicas if each["state"] == "RUNNING" and each["pid"]}


def kill(pids):
    """Kill replicas as a lack of memory would, with no time to say anything; gives their pids back."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return pids


def wait_for_others(deployment, than):
    """Until a replica runs that was not there before."""
    limit = time.monotonic() + PATIENCE_S
    while not pids_of(deployment) - than:
        assert time.monotonic() < limit, f"no replacement for {deployment}"
        time.sleep(0.2)
