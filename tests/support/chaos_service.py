"""A service with everything around it that can break: its database, its bucket, and a consumer of its webhooks."""

import json
import sys
from contextlib import ExitStack

import psutil

from services.common.settings import Settings
from services.database.database import Database
from services.storage.store import open_store
from tests.support.child_service import child_service
from tests.support.consumer import Consumer
from tests.support.fault_proxy import FaultProxy
from tests.support.postgres import PostgresServer
from tests.support.replica_processes import ReplicaProcesses
from tests.support.running_service import free_ports
from tests.support.s3_servers import BUCKET, CREDENTIALS, moto_server

COMMAND = [sys.executable, "-m", "tests.support.slow_service", "serve"]


class ChaosService:
    """`slow_service` on this machine, each deployment with as many replicas as asked for. A context manager.

    Attributes:
        settings: Its own, but for the bucket, which is reached here without faults.
        address: Of gRPC.
        postgres, proxy, consumer: What is around it; the proxy stands before the bucket.
        database, store: The tables and the bucket, for whoever looks.
        processes: Its replicas.

    Args:
        folder: For its log and its data.
        replicas: Of each deployment.
    """

    def __init__(self, folder, replicas):
        self._folder = folder
        self._replicas = replicas
        self._open, self._running = ExitStack(), ExitStack()

    def __enter__(self):
        with ExitStack() as opened:
            self.postgres = opened.enter_context(PostgresServer())
            bucket = opened.enter_context(moto_server())
            self.proxy = opened.enter_context(FaultProxy(bucket))
            self.consumer = opened.enter_context(Consumer())
            tree = self._tree(self.postgres.new_database())
            settings = Settings.model_validate(tree)
            self.address = f"127.0.0.1:{settings.grpc.port}"
            variables = {f"VITRINE_{name.upper()}": _variable(values) for name, values in tree.items()}
            log = self._folder / "service.log"
            opened.enter_context(self._running)
            self._running.enter_context(child_service(COMMAND, variables, log, settings.http.base_url))
            [child] = [each for each in psutil.Process().children() if each.cmdline()[1:] == COMMAND[1:]]
            self.processes = ReplicaProcesses(child.pid)
            tree["storage"]["s3"]["endpoint_url"] = bucket
            self.settings = Settings.model_validate(tree)
            self.store = open_store(self.settings)
            self.database = Database.open(self.settings.database, self.settings.data_dir)
            opened.callback(self.database.close)
            self._open = opened.pop_all()
        return self

    def __exit__(self, *error):
        return self._open.__exit__(*error)

    def stop(self):
        """End the service alone, in order; what is around it stays."""
        self._running.close()

    def _tree(self, database_url):
        http, grpc, metrics = free_ports(3)
        small = {"num_cpus": 0.1, "min_replicas": self._replicas, "max_replicas": self._replicas}
        stage = {**small, "max_ongoing_requests": 8}
        s3 = {
            "bucket": BUCKET, "prefix": "studio", "endpoint_url": self.proxy.url, "timeout_s": 2, "max_attempts": 2,
            **CREDENTIALS,
        }  # fmt: skip
        return {
            "data_dir": str(self._folder),
            "http": {"port": http},
            "grpc": {"port": grpc},
            "ray": {"metrics_port": metrics, "object_store_mb": 200},
            "database": {"url": database_url},
            "storage": {"backend": "s3", "s3": s3},
            "gateway": small,
            "segment": stage,
            "generate": stage,
            "postprocess": stage,
            "jobs": {
                **small, "at_once": 8, "at_stage": 4, "lease_s": 3, "drain_s": 1, "max_attempts": 10, "backoff_s": 0.2,
                "max_backoff_s": 5, "webhooks": {"trusted_hosts": [self.consumer.place]},
            },
        }  # fmt: skip


def _variable(value):
    return value if isinstance(value, str) else json.dumps(value)
