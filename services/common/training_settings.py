"""The branch of the settings tree that is about trainings of styles."""

from pydantic import Field

from services.common.section import ScalingSettings


class TrainingSettings(ScalingSettings):
    """Styles trained for callers, and the trainers that do it."""

    enabled: bool = Field(
        default=False, description="Train styles for callers, which takes a GPU or all cores for minutes to hours."
    )
    num_cpus: float = Field(1, gt=0, description="CPUs that Ray reserves per replica; a reservation, not a limit.")
    threads: int = Field(2, ge=1, description="Compute threads per replica.")
    min_replicas: int = Field(1, ge=1, description="Trainers kept when idle; they look for trainings by themselves.")
    target_backlog_s: float = Field(
        600, gt=0, description="Replicas are added while the oldest training waits for longer, in seconds."
    )
    drain_s: float = Field(
        30, ge=0, description="A training gets so long to keep where it stands when a trainer stops, in seconds."
    )
    lease_s: float = Field(
        30, ge=1, description="A training whose trainer died is begun again after this time, in seconds."
    )
    max_attempts: int = Field(3, ge=1, le=10, description="How often a training is begun without getting on.")
    max_queued: int = Field(10, ge=1, description="Trainings of a tenant that may wait or be worked on.")
    max_pictures: int = Field(100, ge=1, le=1000, description="Pictures of a training.")
    max_steps: int = Field(5000, ge=1, le=1_000_000, description="Steps of a training.")
    sample_steps: int = Field(20, ge=1, le=100, description="Steps of each picture of a sample sheet.")
    keep_days: float = Field(30, gt=0, description="How long ended trainings and their pictures are kept, in days.")
