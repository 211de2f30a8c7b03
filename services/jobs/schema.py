"""What passes between the parts of the jobs: a job to be, an item to be, an item at work, and what became of it."""

from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from services.api.photo import PhotoResponse
from services.common.errors import VitrineError
from services.tenants.usage import Work

#: What is done with a photo; recipes, overrides and results stand in fields of these names.
Method = Literal["shot", "cutout", "lint"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)


@dataclass(frozen=True)
class NewJob:
    """A job to be.

    Args:
        method: What is done with every photo.
        recipe: The request as JSON, only what was set, without its photo and without bytes.
        digest: SHA-256 of everything that was asked for.
        name: The caller's own.
        key: Its idempotency key; empty where it gave none.
        open: Whether further items will be added later.
        priority: Among the tenant's jobs, -100 to 100.
        max_attempts: Of each item, at least 1.
        keep_s: How long it is kept from now on, in seconds.
    """

    method: Method
    recipe: str
    digest: bytes
    name: str = ""
    key: str = ""
    open: bool = False
    priority: int = 0
    max_attempts: int = 3
    keep_s: float = 7 * 86_400


@dataclass(frozen=True)
class NewItem:
    """An item to be.

    Args:
        key: Unique in its job; empty: its number.
        image: Where its photo is, `ImageSource` as JSON without bytes.
        overrides: What differs from the recipe as JSON, only what was set; None where nothing does.
    """

    key: str
    image: str
    overrides: str | None = None


@dataclass(frozen=True)
class Task:
    """An item that a dispatcher has claimed.

    Args:
        tenant, job_id, number, key: Which.
        fence: Of this claim; a later claim has a greater one.
        attempt: Counted from 1.
        method, recipe, overrides, image: What is to be done, as in `NewJob` and `NewItem`.
        content_policy: Whether photo and picture are looked at first.
        waited_s: Since it could have begun, in seconds.
    """

    tenant: str
    job_id: str
    number: int
    key: str
    fence: int
    attempt: int
    method: Method
    recipe: str
    overrides: str | None
    image: str
    content_policy: bool = False
    waited_s: float = 0.0

    @property
    def claim(self) -> "ClaimId":
        """What names this claim, and no other of the same item."""
        return self.job_id, self.number, self.fence

    @property
    def folder(self) -> str:
        """In the blobs' keys behind the tenant, so that a job's files lie together."""
        return f"{self.job_id}/{self.number}-{self.fence}"


#: Job, number and fence.
ClaimId = tuple[str, int, int]


@dataclass(frozen=True)
class Outcome:
    """What became of a claim: an answer, an error, or neither where the dispatcher stops and gives the item back.

    Args:
        task: The item.
        answer: Its blobs without addresses.
        error: Why there is none; `Cancelled` where the item was to stop.
        work: What was done, also for an error as far as it is known.
    """

    task: Task
    answer: PhotoResponse | None = None
    error: VitrineError | None = None
    work: Work = field(default_factory=Work)


@dataclass(frozen=True)
class Held:
    """What a dispatcher still holds.

    Args:
        claims: Whose leases were renewed; whatever else it has at work is no longer its own.
        stop: Those of them that are to stop.
    """

    claims: frozenset[ClaimId]
    stop: frozenset[ClaimId]


@dataclass(frozen=True)
class Backlog:
    """What waits for dispatchers.

    Args:
        oldest_s: Since when the oldest item that could begin waits, as an age in seconds; 0 where none does.
        queued: Items that could begin.
        running: Items at work.
    """

    oldest_s: float
    queued: int
    running: int
