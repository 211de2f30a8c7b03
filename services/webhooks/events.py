"""What webhooks are told of, and how a message says it."""

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel

from services.common.errors import InvalidInput
from services.jobs.told import time_told

#: The specification's advice is to stay below 20 kB.
MAX_PAYLOAD_BYTES: Final = 20_000
#: What a message leaves out when it would be longer: the recipe of a job, or the result of an item.
_LONG: Final = ("shot", "cutout", "lint")


class Event(StrEnum):
    """Their names, as messages say them."""

    JOB_DONE = "job.done"
    JOB_CANCELLED = "job.cancelled"
    ITEM_SUCCEEDED = "item.succeeded"
    ITEM_FAILED = "item.failed"
    PING = "webhook.ping"


#: Those that a webhook may ask for; a ping goes to whom it is meant for.
CHOICES: Final = tuple(each for each in Event if each is not Event.PING)


def chosen(names: Sequence[str]) -> str:
    """A webhook's choice as it is stored: each once, with commas between them.

    Raises:
        InvalidInput: There is none, or one that is not known.
    """
    unknown = [name for name in names if name not in CHOICES]
    if unknown or not names:
        got = repr(unknown[0][:80]) if unknown else "none"
        raise InvalidInput(
            f"events: at least one of {', '.join(CHOICES)} is wanted, got {got}", field="events", known=list(CHOICES)
        )
    return ",".join(each for each in CHOICES if each in names)


def payload(event: Event, moment_s: float, **data: str | BaseModel) -> str:
    """A message's body: {"type", "timestamp", "data"}.

    Addresses in it lose their query, which may be what opens them. What would be too long is left out, and
    `data.shortened` says so: whoever is told can ask for the rest.

    Args:
        event: Its name.
        moment_s: When it happened, in Unix seconds.
        data: What it is about.
    """
    told = {name: _told(value) for name, value in data.items()}
    text = _message(event, moment_s, told)
    if len(text.encode()) > MAX_PAYLOAD_BYTES:
        short = {name: _without(value, _LONG) for name, value in told.items()}
        text = _message(event, moment_s, short | {"shortened": True})
    return text


def _message(event: Event, moment_s: float, data: dict[str, Any]) -> str:
    message = {"type": event.value, "timestamp": time_told(moment_s), "data": data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _told(value: str | BaseModel) -> Any:
    return value if isinstance(value, str) else _unsigned(value.model_dump(mode="json", exclude_none=True))


def _unsigned(value: Any) -> Any:
    if isinstance(value, list):
        return [_unsigned(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: each.partition("?")[0] if name == "url" and isinstance(each, str) else _unsigned(each)
        for name, each in value.items()
    }


def _without(value: Any, names: Iterable[str]) -> Any:
    return {name: each for name, each in value.items() if name not in names} if isinstance(value, dict) else value
