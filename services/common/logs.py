"""JSON lines on standard error, each with the request id that runs through the whole chain."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

from services.common.redaction import redacted
from services.common.trace import Trace

#: Fields of a line that go along with a request to the stages.
_CARRIED: Final = ("tenant", "job", "item", "trace_id", "span_id")


def configure_logs(level: str, component: str) -> None:
    """Set up logging for this process. Called once by each deployment and by the CLI.

    Args:
        level: Least level written, for example "INFO".
        component: Name of the part that speaks, in every line.
    """

    def add_component(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        # Not a context variable: requests run in contexts that were not made by the one that calls this.
        line.setdefault("component", component)
        return line

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            add_component,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
            _redact,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        # Looked up for every logger, so that a redirected standard error is followed. A line is written with its end in
        # one piece: others write to the same stream, and what they say between the two would stand on the same line.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
    )


def _redact(_: Any, __: str, line: Any) -> str:
    """Of the finished line, as a secret may stand in any field, and in a stack that holds a foreign error's text."""
    return redacted(str(line))


def logger(**fields: Any) -> Any:
    """A logger whose lines carry `fields`; the request id comes from `request_context`."""
    return structlog.get_logger(**fields)


def request_context(
    request_id: str,
    *,
    tenant: str = "",
    job: str = "",
    item: int | None = None,
    trace: Trace | None = None,
    **fields: Any,
) -> Any:
    """Context manager: every line written inside carries the request id, and what else is known of the request.

    Args:
        request_id: Of a call, or of an attempt at a job's item.
        tenant: Whose request it is; empty where that is not known yet.
        job, item: The job, and the item's number in it.
        trace: The trace that the request belongs to.
        **fields: Others.
    """
    known: dict[str, Any] = {"tenant": tenant, "job": job}
    fields |= {name: value for name, value in known.items() if value}
    if item is not None:
        fields["item"] = item
    if trace is not None:
        fields |= {"trace_id": trace.trace_id, "span_id": trace.span_id}
    return structlog.contextvars.bound_contextvars(request_id=request_id, **fields)


def carried_fields() -> dict[str, Any]:
    """What lines say of the request at work here besides its id: tenant, job, item and trace, where they are known.

    A stage's request takes it along, so that the stage's lines say the same (`**fields` of `request_context`).
    """
    bound = structlog.contextvars.get_contextvars()
    return {name: bound[name] for name in _CARRIED if name in bound}
