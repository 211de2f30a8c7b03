"""The door that every call comes through: who calls, what for, and whether it asks too often."""

from dataclasses import replace

from services.common.errors import RateLimited
from services.database.database import Database
from services.gateway.auth import UNCOUNTED, Auth, scope_of
from services.gateway.schema import Call
from services.tenants.bucket import RateLimiter
from services.tenants.caller import Scope


class Door:
    """Lets calls in. Only calls that make something count against the rate.

    Args:
        auth: Tells who calls.
        database: Where the rates of all gateway replicas are kept.
        limiter: Counts.
    """

    def __init__(self, auth: Auth, database: Database, limiter: RateLimiter) -> None:
        self._auth = auth
        self._database = database
        self._limiter = limiter

    async def admit(self, call: Call) -> Call:
        """The call with its tenant, the tenant's limits, and what is left of its rate.

        Raises:
            Unauthenticated, Forbidden: See `Auth.caller`.
            RateLimited: The tenant asks too often; tells when to come back.
            StorageUnavailable: The database does not answer.
        """
        scope = scope_of(call.method)
        caller = await self._auth.caller(call.peer, call.authorization, scope)
        known = replace(call, tenant=caller.tenant, limits=caller.limits)
        if scope is not Scope.CREATE or call.method in UNCOUNTED or not caller.limits.rate_per_s:
            return known
        left = await self._database.run(lambda session: self._limiter.take(session, caller.tenant, caller.limits))
        if isinstance(left, RateLimited):
            raise left
        return replace(known, allowance=left)
