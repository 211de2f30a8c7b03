"""The door that every call comes through: who calls, what for, whether there is room, and whether it asks too often."""

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
MAKING: Final = frozenset(
    {"CreateCutout", "CreateShot", "StreamShot", "LintPhoto", "RemoveBackground", "EditImages", "GenerateImages"}
)


class Door:
    """Lets calls in, before anything of them is read: what is turned away costs next to nothing, so that a service with
    too many callers goes on working for those it let in. Only calls that make something count against the rate.

    Args:
        auth: Tells who calls.
        admission: Tells whether there is room. Places are taken later, so that a slow sender holds none.
        database: Where the rates of all gateway replicas are kept.
        limiter: Counts.
    """

    def __init__(self, auth: Auth, admission: Admission, database: Database, limiter: RateLimiter) -> None:
        self._auth = auth
        self._admission = admission
        self._database = database
        self._limiter = limiter

    async def admit(self, call: Call) -> Call:
        """The call with its tenant, the tenant's limits, and what is left of its rate.

        Raises:
            Unauthenticated, Forbidden: See `Auth.caller`.
            Overloaded: There is no room; tells when to come back.
            RateLimited: The tenant asks too often; tells when to come back.
            StorageUnavailable: The database does not answer.
        """
        scope = scope_of(call.method)
        caller = await self._auth.caller(call.peer, call.authorization, scope)
        if call.method in MAKING:
            self._admission.require_room()
        known = replace(call, tenant=caller.tenant, limits=caller.limits)
        if scope is not Scope.CREATE or call.method in UNCOUNTED or not caller.limits.rate_per_s:
            return known
        left = await self._database.run(lambda session: self._limiter.take(session, caller.tenant, caller.limits))
        if isinstance(left, RateLimited):
            raise left
        return replace(known, allowance=left)
