"""Who is behind a key, asked of the database every few seconds at most."""

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy.orm import Session

from services.common.errors import Unauthenticated
from services.common.settings import TenantSettings
from services.common.tenant import LOCAL_TENANT
from services.database.database import Database
from services.database.tables import Tenant
from services.tenants.accounts import Accounts
from services.tenants.caller import Caller, Limits, Scope
from services.tenants.keys import Keys, KnownKey
from services.tenants.memory import BriefMemory
from services.tenants.secret import ApiKey

#: One text for all that can be wrong with a key: who tries keys out learns nothing.
_REFUSAL: Final = "the API key is unknown, expired or revoked"


class Directory:
    """Tells callers apart. A revoked key, or a changed limit, is noticed when the memory of it is over.

    Args:
        database: Where tenants and keys are.
        settings: How long a key looked up is believed, and the limits of tenants without their own.
        now: Unix time in seconds.
    """

    def __init__(self, database: Database, settings: TenantSettings, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._accounts = Accounts(settings, now)
        self._keys = Keys(self._accounts, now)
        self._now = now
        self._known = BriefMemory[KnownKey | None](settings.cache_s)
        self._limits = BriefMemory[Limits](settings.cache_s)

    async def caller(self, token: str) -> Caller:
        """Who sends this key.

        Raises:
            Unauthenticated: It is no key, or one that does not work.
            StorageUnavailable: The database does not answer.
        """
        key = ApiKey.parse(token)
        known = await self._find(key.key_id) if key else None
        # The digest and the end are looked at in every call; only the row is remembered.
        if not key or not known or not key.matches(known.digest):
            raise Unauthenticated(_REFUSAL)
        if known.ends_s is not None and known.ends_s <= self._now():
            raise Unauthenticated(_REFUSAL)
        return Caller(known.tenant, known.scopes, known.limits)

    async def local(self) -> Caller:
        """The caller on this machine, who needs no key.

        Raises:
            StorageUnavailable: The database does not answer.
        """
        remembered = self._limits.get(LOCAL_TENANT)
        if remembered is None:

            def look_up(session: Session) -> Limits:
                return self._accounts.limits(session.get(Tenant, LOCAL_TENANT))

            remembered = (await self._database.read(look_up),)
            self._limits.put(LOCAL_TENANT, remembered[0])
        return Caller(LOCAL_TENANT, frozenset(Scope), remembered[0])

    async def _find(self, key_id: str) -> KnownKey | None:
        remembered = self._known.get(key_id)
        if remembered is None:
            remembered = (await self._database.read(lambda session: self._keys.find(session, key_id)),)
            self._known.put(key_id, remembered[0])
        return remembered[0]
