"""What is the same around every call, whichever protocol it came by.

Request id, who calls, error mapping, metrics and one log line. Serve's proxies have no interceptors, so this is one.
"""

import asyncio
import re
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from services.common.errors import Internal, VitrineError
from services.common.logs import logger, request_context
from services.common.metrics import IN_FLIGHT, REQUEST_SECONDS, REQUESTS, Recorder
from services.gateway.schema import Call
from services.gateway.status import status_of

if TYPE_CHECKING:  # Serve's proxies load this file, and need no database
    from services.gateway.door import Door

#: What we take from callers. It goes into logs, headers and blob keys, so it is short and starts like a name.
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def request_id_from(offered: str | None) -> str:
    """The caller's own request id if it is well formed, else a new one."""
    return offered if offered and _REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex


class Guard:
    """Stands around every call.

    Args:
        recorder: Gets the metrics of requests.
        door: Lets callers in.
    """

    def __init__(self, recorder: Recorder, door: "Door") -> None:
        self._recorder = recorder
        self._door = door
        self._in_flight = 0

    @asynccontextmanager
    async def around(self, call: Call) -> AsyncIterator[Call]:
        """Run the body as the answer to the call, which it is given with its tenant.

        Raises:
            VitrineError: Whatever went wrong; an error that is none of ours becomes `Internal` and is logged with its
                stack, here and only here.
        """
        began = time.monotonic()
        outcome = "ok"
        self._in_flight += 1
        self._recorder.set(IN_FLIGHT, self._in_flight)
        with ExitStack() as told:
            told.enter_context(
                request_context(call.request_id, trace=call.trace, method=call.method, protocol=call.protocol)
            )
            try:
                known = call if call.public else await self._door.admit(call)
                told.enter_context(request_context(call.request_id, tenant=known.tenant))
                yield known
            except VitrineError as error:
                outcome = error.code
                _log_failure(error)
                raise
            except (asyncio.CancelledError, GeneratorExit):
                outcome = "cancelled"
                raise
            except Exception as error:
                outcome = Internal.code
                logger().error("request failed by our fault", exc_info=error)
                raise Internal("something went wrong here; the request id finds it in the logs") from error
            finally:
                took = time.monotonic() - began
                self._in_flight -= 1
                self._recorder.set(IN_FLIGHT, self._in_flight)
                self._recorder.count(REQUESTS, method=call.method, protocol=call.protocol, outcome=outcome)
                self._recorder.observe(REQUEST_SECONDS, took, method=call.method, protocol=call.protocol)
                logger().info("request answered", outcome=outcome, took_s=round(took, 4))


def _log_failure(error: VitrineError) -> None:
    """Faults of ours with their stack; the caller's faults show in the line of the answer."""
    if status_of(error).http == 500:
        logger().error("request failed by our fault", exc_info=error)
    elif status_of(error).http > 500:
        logger().warning("request failed", code=error.code, message=error.message, cause=repr(error.__cause__))
