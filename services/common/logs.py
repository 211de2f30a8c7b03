"""JSON lines on standard error, each with the request id that runs through the whole chain."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from services.common.redaction import redacted


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
        # Looked up for every logger, so that a redirected standard error is followed.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def _redact(_: Any, __: str, line: Any) -> str:
    """Of the finished line, as a secret may stand in any field, and in a stack that holds a foreign error's text."""
    return redacted(str(line))


def logger(**fields: Any) -> Any:
    """A logger whose lines carry `fields`; the request id comes from `request_context`."""
    return structlog.get_logger(**fields)


def request_context(request_id: str, **fields: Any) -> Any:
    """Context manager: every line written inside carries the request id."""
    return structlog.contextvars.bound_contextvars(request_id=request_id, **fields)
