"""The door that every call comes through: who calls, what for, whether there is room, and whether it asks too often."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from typing import Final

from services.common.errors import RateLimited
from services.database.database import Database
from services.gateway.admission import Admission
from services.gateway.auth import UNCOUNTED, Auth, scope_of
from services.gateway.schema import Call
from services.tenants.bucket import RateLimiter
from services.tenants.caller import Scope

#: Calls that are answered with a picture; those of jobs wait in the database.
SEATED: Final = frozenset(
    {"CreateCutout", "CreateShot", "StreamShot", "RemoveBackground", "EditImages", "GenerateImages"}
)


class Door:
    """Lets calls in, before anything of them is read: what is turned away costs next to nothing, so that a service with
    too many callers goes on working for those it let in. Only calls that make something count against the rate.

    Args:
        auth: Tells who calls.
        admission: Has the seats of those who get a picture.
        database: Where the rates of all gateway replicas are kept.
        limiter: Counts.
    """

    def __init__(self, auth: Auth, admission: Admission, database: Database, limiter: RateLimiter) -> None:
        self._auth = auth
        self._admission = admission
        self._database = database
        self._limiter = limiter

    @asynccontextmanager
    async def let_in(self, call: Call) -> AsyncIterator[Call]:
        """The call with its tenant, the tenant's limits, and what is left of its rate; inside, it has a seat.

        Raises:
            Unauthenticated, Forbidden: See `Auth.caller`.
            Overloaded: All seats are taken; tells when to come back.
            RateLimited: The tenant asks too often; tells when to come back.
            StorageUnavailable: The database does not answer.
        """
        scope = scope_of(call.method)
        caller = await self._auth.caller(call.peer, call.authorization, scope)
        known = replace(call, tenant=caller.tenant, limits=caller.limits)
        with self._admission.seat() if call.method in SEATED else nullcontext():
            yield await self._within_rate(known, scope)

    async def _within_rate(self, call: Call, scope: Scope) -> Call:
        if scope is not Scope.CREATE or call.method in UNCOUNTED or not call.limits.rate_per_s:
            return call
        left = await self._database.run(lambda session: self._limiter.take(session, call.tenant, call.limits))
        if isinstance(left, RateLimited):
            raise left
        return replace(call, allowance=left)
