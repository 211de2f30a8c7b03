"""What branches of the settings tree are made of."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

#: A bucket, or a folder in one; a scheme before it would never match anything.
BucketPlace = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.+)?$")]
HostAndPort = Annotated[str, Field(pattern=r"^[^/@\s]+:\d{1,5}$")]


class Section(BaseModel):
    """A branch of the tree: frozen, and a misspelt name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ScalingSettings(Section):
    """One deployment's share of the machine and how it scales."""

    num_cpus: float = Field(0.5, gt=0, description="CPUs that Ray reserves per replica; a reservation, not a limit.")
    num_gpus: float = Field(0, ge=0, description="GPUs that Ray reserves per replica, and the only ones that it sees.")
    min_replicas: int = Field(1, ge=0, description="Replicas kept when idle.")
    max_replicas: int = Field(1, ge=1, description="Most replicas under load.")
    target_ongoing_requests: float = Field(1, gt=0, description="Requests per replica that autoscaling aims at.")
    max_ongoing_requests: int = Field(2, ge=1, description="Requests that a replica holds at once.")
    max_queued_requests: int = Field(32, ge=0, description="Requests that may wait for a replica, per caller.")
    look_back_period_s: float = Field(
        15, gt=0, description="Load is averaged over so long: three reports, half of what Serve does; in seconds."
    )
    upscale_delay_s: float = Field(
        10,
        ge=0,
        description="More replicas must be wanted for so long; Serve's 30, after 30 of averaging, would be a whole "
        "request's time; in seconds.",
    )
    downscale_delay_s: float = Field(
        300,
        ge=0,
        description="Fewer replicas must be wanted for so long: lulls are shorter, and a new replica costs a warm-up "
        "and at times a machine; in seconds.",
    )
    downscale_to_zero_delay_s: float = Field(
        900,
        ge=0,
        description="The last replica goes after so long without work, where min_replicas is 0: the next caller waits "
        "for its whole start; in seconds.",
    )

    @model_validator(mode="after")
    def _scaling_is_possible(self) -> Self:
        if self.max_replicas < self.min_replicas:
            raise ValueError(f"max_replicas ({self.max_replicas}) is below min_replicas ({self.min_replicas})")
        if self.max_ongoing_requests < self.target_ongoing_requests:
            raise ValueError(
                f"max_ongoing_requests ({self.max_ongoing_requests}) is below target_ongoing_requests "
                f"({self.target_ongoing_requests}): autoscaling would never happen"
            )
        return self
