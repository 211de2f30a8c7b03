"""The branch of the settings tree that is about jobs."""

from pydantic import Field

from services.common.section import HostAndPort, ScalingSettings, Section


class WebhookSettings(Section):
    """Messages to addresses of tenants'."""

    timeout_s: float = Field(15, gt=0, description="Longest wait for an address to take a message, in seconds.")
    trusted_hosts: list[HostAndPort] = Field(
        [], description='Hosts with ports, as `["name:port"]`, that may have private addresses, any port and no TLS.'
    )
    at_once: int = Field(
        32, ge=1, description="Messages sent at once per dispatcher replica; to one address a quarter of it at most."
    )
    max_per_tenant: int = Field(20, ge=1, description="Webhooks that a tenant may have.")
    keep_days: int = Field(30, ge=1, description="How long the log of deliveries is kept, in days.")


class JobSettings(ScalingSettings):
    """Jobs, and the dispatcher that works them off."""

    num_cpus: float = Field(0.25, gt=0, description="CPUs that Ray reserves per replica; a reservation, not a limit.")
    target_backlog_s: float = Field(
        60, gt=0, description="Replicas are added while the oldest item that could begin waits for longer, in seconds."
    )
    at_once: int = Field(
        2, ge=1, description="Items worked on at once per dispatcher replica; `at_stage` holds for each stage."
    )
    at_stage: int = Field(
        1, ge=1, description="Items in the same stage at once per dispatcher replica; a call waits for so many at most."
    )
    yield_s: float = Field(
        5, ge=0, description="How long an item waits before each stage for calls that somebody waits for, in seconds."
    )
    claim_every_s: float = Field(0.25, gt=0, description="How often a dispatcher without work looks for some; seconds.")
    drain_s: float = Field(
        15, ge=0, description="Items at work get so long to end when a dispatcher stops; then they are given back."
    )
    lease_s: float = Field(
        15, ge=1, description="An item whose dispatcher died is begun again after this time, in seconds."
    )
    max_attempts: int = Field(3, ge=1, le=10, description="How often an item is tried where its job does not say.")
    backoff_s: float = Field(2, gt=0, description="Wait before the second attempt; it doubles with each, in seconds.")
    max_backoff_s: float = Field(300, gt=0, description="Longest wait between attempts, in seconds.")
    keep_days: float = Field(7, gt=0, description="How long jobs and results are kept where a job does not say; days.")
    max_keep_days: float = Field(30, gt=0, description="Longest time that a job may ask to be kept, in days.")
    watch_every_s: float = Field(0.5, gt=0, description="How often a job that is watched is looked at, in seconds.")
    max_queued: int = Field(1_000_000, ge=1, description="Items that may wait, of all a tenant's jobs together.")
    max_manifest_mb: int = Field(64, ge=1, description="Largest list of items, in MiB.")
    price_item: float = Field(0, ge=0, description="Price of a picture, for estimates.")
    price_megapixel: float = Field(0, ge=0, description="Price of each megapixel of a picture, for estimates.")
    currency: str = Field("", max_length=8, description="Of the prices, such as `EUR`.")
    webhooks: WebhookSettings = Field(default_factory=WebhookSettings)
