"""What a load test does and what has to hold, as a file of `loadtests/profiles` says it."""

from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal, Self

import yaml
from pydantic import Field, PositiveFloat, PositiveInt, ValidationError, model_validator

from loadtests.load.measures import MEASURES
from services.common.errors import InvalidInput, NotFound
from services.common.section import Section

PROFILES: Final = Path(__file__).parent.parent / "profiles"


class Kind(StrEnum):
    """What a caller does, each by a Locust user of its own."""

    SHOT_GRPC = "shot_grpc"
    SHOT_HTTP = "shot_http"
    CUTOUT_GRPC = "cutout_grpc"
    CUTOUT_HTTP = "cutout_http"
    #: A shot told stage by stage, with previews where the service draws.
    STREAM_GRPC = "stream_grpc"
    STREAM_HTTP = "stream_http"
    #: A shot of a photo that the service fetches.
    ADDRESS_GRPC = "address_grpc"
    ADDRESS_HTTP = "address_http"
    #: A shot of a photo that was put to a signed address before.
    UPLOAD_HTTP = "upload_http"
    #: A job of cutouts, until it has ended.
    JOB_GRPC = "job_grpc"
    JOB_HTTP = "job_http"


class Arrivals(Section):
    """When calls come, whether or not others were answered.

    Attributes:
        pattern: `even`; `poisson`, independently of each other; `bursts` of `size` at the same moment, which come
            independently; `ramp`, Poisson at a rate that goes from `from_per_s` to the rate in a straight line; `day`,
            Poisson at a rate that follows the planner's curve of a day, twenty-four hours in the phase's time.
        per_s: Calls per second on average; the last of a ramp.
        of, times: Instead: so many times the pictures per second of an earlier phase.
    """

    pattern: Literal["even", "poisson", "bursts", "ramp", "day"] = "poisson"
    per_s: PositiveFloat | None = None
    of: str = ""
    times: PositiveFloat = 1.0
    from_per_s: float = Field(0, ge=0)
    size: PositiveInt = 5

    @model_validator(mode="after")
    def _one_rate(self) -> Self:
        if (self.per_s is None) == (not self.of):
            raise ValueError("give either per_s or the phase that the rate is taken of")
        return self


class Stream(Section):
    """Calls of some kinds, in turn by weight: at moments of their own, or so many at once, each after the last."""

    calls: dict[Kind, PositiveFloat] = Field(min_length=1)
    arrivals: Arrivals | None = None
    at_once: PositiveInt | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.arrivals is None) == (self.at_once is None):
            raise ValueError("give either arrivals or at_once")
        return self


class Phase(Section):
    """A stretch of the run.

    Attributes:
        settle_s: Of its beginning, that its figures leave out.
        drained: It begins when all calls before it have been answered.
        streams: What happens, side by side.
    """

    name: str = Field(pattern="^[a-z][a-z0-9_-]*$")
    seconds: PositiveFloat
    settle_s: float = Field(0, ge=0)
    drained: bool = False
    streams: list[Stream] = Field(default_factory=list)


class Tenant(Section):
    """A caller with a key of its own.

    Attributes:
        share: Of the calls, beside the others'.
        rate_per_s, burst, quota_items, job_weight: Its limits; the service's where they are not given.
    """

    share: PositiveFloat = 1.0
    rate_per_s: float | None = None
    burst: int | None = None
    quota_items: int | None = None
    job_weight: float | None = None


class Limit(Section):
    """What has to hold.

    Attributes:
        measure: One of `measures.MEASURES`.
        phase: Of which phase; all phases together where none is named.
        kind: Of which kind of calls; all kinds together where none is named.
        tenant: Of which tenant; all together where none is named.
        against: A phase whose figure it is divided by.
        at_most, at_least: The bar.
    """

    measure: str
    phase: str = ""
    kind: Kind | None = None
    tenant: str = ""
    against: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @model_validator(mode="after")
    def _a_bar(self) -> Self:
        if self.measure not in MEASURES:
            raise ValueError(f"there is no measure {self.measure!r}; there are {', '.join(MEASURES)}")
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("give either at_most or at_least")
        return self


class Profile(Section):
    """The whole test.

    Attributes:
        summary: What it shows, in a sentence.
        megapixels: Of the photo that everybody sends.
        canvas_px: Side of the shots, in pixels.
        shot: Further fields of every shot, such as `prompt` and `steps`.
        job_items: Photos in a job.
        preview_every: Steps between previews of a stream, where the service draws.
        callers: Locust users of each kind: so many calls of a kind may be under way.
        timeout_s: A call is given up after so long.
        seed: Arrivals and tenants are drawn with it.
        service: Settings of the service that the run starts.
        tenants: By name; nobody has a key where there is none.
    """

    summary: str
    megapixels: PositiveFloat = 0.5
    canvas_px: PositiveInt = 1024
    shot: dict[str, Any] = Field(default_factory=dict)
    job_items: PositiveInt = 4
    preview_every: int = 5
    callers: PositiveInt = 64
    timeout_s: PositiveFloat = 60.0
    seed: int = 1
    service: dict[str, Any] = Field(default_factory=dict)
    tenants: dict[str, Tenant] = Field(default_factory=dict)
    phases: list[Phase] = Field(min_length=1)
    limits: list[Limit] = Field(min_length=1)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """All that are called, in their own order."""
        called = {kind for phase in self.phases for stream in phase.streams for kind in stream.calls}
        return tuple(kind for kind in Kind if kind in called)

    @model_validator(mode="after")
    def _phases_are_known(self) -> Self:
        names = [phase.name for phase in self.phases]
        if len(set(names)) < len(names):
            raise ValueError(f"two phases have the same name: {', '.join(names)}")
        for number, phase in enumerate(self.phases):
            earlier = {"", *names[:number]}
            if lost := {each.arrivals.of for each in phase.streams if each.arrivals} - earlier:
                raise ValueError(f"phase {phase.name!r} takes its rate of {lost.pop()!r}, which is no earlier phase")
        for limit in self.limits:
            if lost := {limit.phase, limit.against} - {"", *names}:
                raise ValueError(f"a limit names the phase {lost.pop()!r}; there are {', '.join(names)}")
            if limit.tenant and limit.tenant not in self.tenants:
                raise ValueError(f"a limit names the tenant {limit.tenant!r}, which the profile does not have")
        return self

    @classmethod
    def load(cls, name: str) -> Self:
        """One of the profiles, or a file of one's own.

        Raises:
            NotFound: There is none of that name.
            InvalidInput: It says something that is none of a profile's.
        """
        file = Path(name) if name.endswith(".yaml") else PROFILES / f"{name}.yaml"
        if not file.is_file():
            known = ", ".join(sorted(each.stem for each in PROFILES.glob("*.yaml")))
            raise NotFound(f"there is no profile {name!r}; there are {known}")
        try:
            return cls.model_validate(yaml.safe_load(file.read_text("utf-8")))
        except (ValidationError, yaml.YAMLError) as error:
            raise InvalidInput(f"the profile {file.name} can't be read: {error}") from error
