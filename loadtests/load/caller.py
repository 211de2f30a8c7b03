"""Locust's part: users that take the next call of their kind when it is due, make it, and tell what came of it.

Import this module before anything that opens sockets: Locust puts gevent's into the standard library's place.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from locust import User, task
from locust.env import Environment

# isort: split
import gevent
import grpc
import httpx
from grpc.experimental.gevent import init_gevent

from loadtests.load.agenda import Agenda, Due
from loadtests.load.place import Place
from loadtests.load.profile import Kind, Profile
from loadtests.load.sample import OK, Sample
from services.client import Canvas, Vitrine
from services.common.errors import VitrineError

_AT_ONCE = 1024
# gRPC's own threads would wait for gevent's for ever. Each of its calls under way takes one of gevent's pool, which has
# ten: the eleventh would wait for the first to be answered.
init_gevent()
gevent.get_hub().threadpool.maxsize = _AT_ONCE

SCENE = "marble"
#: The sample photo's own, so that nothing is read from the photo that another one would not tell.
PITCH_DEG = 40.0


@dataclass(frozen=True)
class Made:
    """What a call brought, see `Sample`."""

    pictures: int = 1
    previews: int = 0
    first_s: float | None = None


class Failed(Exception):
    """A call ended without a picture.

    Args:
        outcome: The error's code.
    """

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class LoadEnvironment(Environment):
    """What all users share.

    Args:
        user_classes: Of the kinds that the profile calls.
        profile: What happens.
        place: Where the service is.
        photo: The file that is sent.
        agenda: What is due.
    """

    def __init__(
        self, user_classes: list[type[User]], profile: Profile, place: Place, photo: bytes, agenda: Agenda
    ) -> None:
        super().__init__(user_classes=user_classes)
        self.profile, self.place, self.photo, self.agenda = profile, place, photo, agenda
        self.canvas = Canvas(width=profile.canvas_px, height=profile.canvas_px)
        tenants = list(profile.tenants) or [""]
        self._grpc = {tenant: self._vitrine(tenant) for tenant in tenants}
        self._http = {tenant: self._client(tenant) for tenant in tenants}

    def vitrine(self, tenant: str) -> Vitrine:
        """A tenant's connection over gRPC."""
        return self._grpc[tenant]

    def http(self, tenant: str) -> httpx.Client:
        """A tenant's connections over HTTP."""
        return self._http[tenant]

    def close(self) -> None:
        """Close all connections."""
        for each in (*self._grpc.values(), *self._http.values()):
            each.close()

    def _vitrine(self, tenant: str) -> Vitrine:
        # Nothing is sent twice: what the service does shows, and not what a client makes up for.
        return Vitrine(
            self.place.grpc,
            max_attempts=1,
            timeout_s=self.profile.timeout_s,
            api_key=self.place.keys.get(tenant, ""),
        )

    def _client(self, tenant: str) -> httpx.Client:
        key = self.place.keys.get(tenant)
        return httpx.Client(
            base_url=self.place.http,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=self.profile.timeout_s,
            limits=httpx.Limits(max_connections=_AT_ONCE, max_keepalive_connections=_AT_ONCE),
        )


class Caller(User):
    """Makes calls of one kind."""

    abstract = True
    kind: ClassVar[Kind]
    environment: LoadEnvironment

    @task
    def next_call(self) -> None:
        """Wait for a call, make it, tell of it."""
        agenda = self.environment.agenda
        due = agenda.take(self.kind)
        sent_s, made, outcome = agenda.now_s, Made(pictures=0), "broken"
        try:
            made = self.call(due)
            outcome = OK
        except VitrineError as error:
            outcome = error.code
        except Failed as error:
            outcome = error.outcome
        except (grpc.RpcError, httpx.HTTPError) as error:
            outcome = type(error).__name__
        finally:  # whatever happens: the agenda counts what is under way
            agenda.tell(
                due,
                Sample(
                    due.phase, self.kind, due.tenant, due.at_s, sent_s, made.first_s, agenda.now_s, outcome,
                    made.pictures, made.previews,
                ),
            )  # fmt: skip

    @abstractmethod
    def call(self, due: Due) -> Made:
        """Make one.

        Raises:
            VitrineError, Failed: There is no picture.
            grpc.RpcError, httpx.HTTPError: Nor an answer.
        """
