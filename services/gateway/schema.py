"""A call, whichever protocol it came by."""

from dataclasses import dataclass, field, replace
from typing import Literal

from services.common.trace import Trace
from services.tenants.allowance import Allowance
from services.tenants.caller import Limits

Protocol = Literal["grpc", "http"]


@dataclass(frozen=True)
class Call:
    """One call as it arrived, and what the door found out about it.

    Args:
        method: Name of the RPC, such as "CreateShot"; bounded, as it labels metrics.
        protocol: By which it came.
        request_id: See `call.request_id_from`.
        peer: Address of the caller, see `auth.is_local`.
        public: True where anyone may call: health, and addresses that carry their own signature.
        authorization: As it was sent; empty where nothing was.
        idempotency_key: By which the caller may ask again; empty where it does not.
        trace: Where the call stands in its caller's trace; None where nobody asked.
        tenant: Whom the caller speaks for; the door fills it in.
        limits: The tenant's, likewise.
        allowance: What is left of its rate, where it has one.
    """

    method: str
    protocol: Protocol
    request_id: str
    peer: str
    public: bool = False
    authorization: str = field(default="", repr=False)
    idempotency_key: str = ""
    trace: Trace | None = None
    tenant: str = ""
    limits: Limits = field(default_factory=Limits)
    allowance: Allowance | None = None

    def part(self, number: int) -> "Call":
        """The same call as it makes one of its several pictures, counted from 0: each is made once."""
        key = f"{self.idempotency_key}/{number}" if self.idempotency_key else ""
        return replace(self, idempotency_key=key)
