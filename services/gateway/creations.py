"""What stands around every call that makes pictures: it is made once, counted, and written down."""

import asyncio
import contextlib
import hashlib
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from pydantic import BaseModel
from sqlalchemy.orm import Session

from services.common.errors import InvalidInput, StorageUnavailable
from services.common.logs import logger
from services.database.database import Database
from services.gateway.schema import Call
from services.tenants.claims import AtWork, Claim, Claims, Done, Ours
from services.tenants.quota import Quotas
from services.tenants.usage import UsageLedger, Work
from services.tenants.workload import Answer, TenantMetrics, work_of

T = TypeVar("T")

#: As https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ has it, and short enough to be kept
#: with a number of `Call.part` behind it.
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")
#: How often a call looks whether the same one, which is at work, has ended.
_POLL_S: Final = 0.2
_SWEEP_EVERY_S: Final = 60.0
#: Leases are renewed so many times before they end.
_RENEWALS: Final = 3


class Creations:
    """Makes each call once.

    A call with a key that is known gets the answer that is kept, waiting for it while it is being made. An answer
    counts, is written down and can be had again from the one transaction that ends its work; a call that fails leaves
    nothing, so that its key may be used again.

    Args:
        database: Where calls, quotas and usage are kept.
        claims: Tells calls apart.
        quotas: Count pictures.
        ledger: Where work is written down.
        metrics: Tell of it.
        lease_s: As of the claims.
        clock: Seconds from any fixed point.
    """

    def __init__(
        self,
        database: Database,
        claims: Claims,
        quotas: Quotas,
        ledger: UsageLedger,
        metrics: TenantMetrics,
        lease_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._claims = claims
        self._quotas = quotas
        self._ledger = ledger
        self._metrics = metrics
        self._renew_every_s = lease_s / _RENEWALS
        self._clock = clock
        self._swept_at = clock()

    async def once(
        self,
        call: Call,
        request: BaseModel,
        answer_type: type[Answer],
        work: Callable[[], Awaitable[Answer]],
        discard: Callable[[Answer], Awaitable[None]],
    ) -> Answer:
        """The answer to a call: of `work`, or of the same call before.

        Args:
            call: Whose tenant, limits and key count.
            request: What is asked for.
            answer_type: Of the answer.
            work: Makes it; its blobs are without address and content, which are not kept.
            discard: Removes the files of an answer that was made, and that nobody will get.

        Raises:
            Conflict: The key was used for another request.
            InvalidInput: The key is malformed.
            QuotaExceeded: The tenant's quota is used up.
            StorageUnavailable: The database does not answer.
        """
        require_key(call.idempotency_key)
        claim = Claim.of(call.tenant, call.idempotency_key, await asyncio.to_thread(_digest, request))
        await self._sweep()
        made: Answer | None = None
        try:
            if (kept := await self._begin(call, claim)) is not None:
                return answer_type.model_validate_json(kept)
            async with self._renewing(claim):
                made = await work()
            await self._settle(call, claim, made, work_of(request, made))
        except BaseException:
            given_up = await self._give_up(call, claim)
            if made is not None and (given_up or not claim.is_repeatable):
                await discard(made)
            raise
        return made

    async def _begin(self, call: Call, claim: Claim) -> bytes | None:
        """The answer that is kept; None when this attempt is to make it."""
        while True:
            state = await to_its_end(self._database.run(lambda session: self._begun(session, call, claim)))
            if isinstance(state, Done):
                logger().info("answered from what is kept")
                return state.answer
            if not isinstance(state, AtWork):
                return None
            await asyncio.sleep(_POLL_S)

    def _begun(self, session: Session, call: Call, claim: Claim) -> Ours | AtWork | Done:
        state = self._claims.begin(session, claim)
        if isinstance(state, Ours):
            if state.given_up_s:
                self._quotas.release(session, call.tenant, state.given_up_s)
            self._claims.counted(session, claim, self._quotas.reserve(session, call.tenant, call.limits))
        return state

    async def _settle(self, call: Call, claim: Claim, answer: Answer, work: Work) -> None:
        kept = answer.model_dump_json().encode()

        def settle(session: Session) -> bool:
            period_s = self._claims.period_of(session, claim)
            if period_s is None or not self._claims.finish(session, claim, kept):
                return False
            self._quotas.charge(session, call.tenant, period_s, work.megapixels)
            self._ledger.add(session, call.tenant, call.method, call.request_id, work)
            return True

        if await to_its_end(self._database.run(settle)):
            self._metrics.tell(call.tenant, work)
        else:
            # Its lease ended, as after a long stop of this process; whoever took over is the one that counts.
            logger().warning("another attempt took this call over")

    async def _give_up(self, call: Call, claim: Claim) -> bool:
        """Forget the attempt; False where its answer is kept, another is at it, or the database does not answer."""

        def give_up(session: Session) -> bool:
            period_s = self._claims.period_of(session, claim)
            if not self._claims.give_up(session, claim):
                return False
            if period_s:
                self._quotas.release(session, call.tenant, period_s)
            return True

        try:
            return await to_its_end(self._database.run(give_up))
        except StorageUnavailable as error:  # the call's own error is the one to tell; the lease ends by itself
            logger().warning("a call could not be given up", cause=repr(error.__cause__))
            return False

    @asynccontextmanager
    async def _renewing(self, claim: Claim) -> AsyncIterator[None]:
        async def renew() -> None:
            while True:
                await asyncio.sleep(self._renew_every_s)
                with contextlib.suppress(StorageUnavailable):  # there is time for another try before the lease ends
                    await self._database.run(lambda session: self._claims.renew(session, claim))

        renewing = asyncio.create_task(renew())
        try:
            yield
        finally:
            renewing.cancel()

    async def _sweep(self) -> None:
        """Now and then, forget what expired, and give back what was counted for attempts that died."""
        if self._clock() - self._swept_at < _SWEEP_EVERY_S:
            return
        self._swept_at = self._clock()

        def sweep(session: Session) -> None:
            for tenant, period_s in self._claims.sweep(session):
                self._quotas.release(session, tenant, period_s)

        await self._database.run(sweep)


def require_key(key: str) -> None:
    """See that a caller's idempotency key is well formed; it may be empty.

    Raises:
        InvalidInput: It is not.
    """
    if key and not _KEY.fullmatch(key):
        raise InvalidInput(
            "an idempotency key is 1 to 200 visible ASCII characters, without spaces", field="idempotency-key"
        )


async def to_its_end(transaction: Awaitable[T]) -> T:
    """Await a transaction to its end, also when the caller leaves, so that what follows finds it done or not begun."""
    running = asyncio.ensure_future(transaction)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


def _digest(request: BaseModel) -> bytes:
    """SHA-256 of what is asked for. How long the caller waits is no part of it: a repetition has less time left."""
    asked = {"": type(request).__name__, **request.model_dump(exclude={"timeout"}, warnings=False)}
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=_digest_of_bytes).encode()).digest()


def _digest_of_bytes(value: Any) -> str:
    return hashlib.sha256(value).hexdigest()
