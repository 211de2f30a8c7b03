"""One frozen tree of settings, read in one place.

Values come, in this order, from the Serve config file's `args`, the environment (`VITRINE_` prefix, `__` between
levels, for example `VITRINE_HTTP__PORT=8080`), and the defaults here. `services/app.py` builds the tree once and hands
sections to constructors; nothing else reads the environment.
"""

import os
from pathlib import Path
from typing import Any, Final, Literal, Self

import platformdirs
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.common.image import ImageLimits
from services.common.job_settings import JobSettings
from services.common.lint_settings import LintSettings
from services.common.provenance_settings import ProvenanceSettings
from services.common.ray_settings import DIRECT_PORTS, RaySettings
from services.common.section import HostAndPort, ScalingSettings, Section
from services.common.storage_settings import StorageSettings
from services.common.training_settings import TrainingSettings

_PREFIX: Final = "VITRINE_"


class HttpSettings(Section):
    """Where HTTP is reached."""

    host: str = Field("127.0.0.1", description="Address that HTTP listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port of HTTP.")
    keep_alive_s: int = Field(75, ge=1, description="Idle connections are closed after this time, in seconds.")
    heartbeat_s: float = Field(15.0, gt=0, description="Streams of events say that they live so often, in seconds.")
    public_url: str = Field("", description="Address that callers see, for signed URLs; empty: made of host and port.")

    @property
    def base_url(self) -> str:
        """`public_url`, or one made of host and port; a host that stands for every interface becomes loopback."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self.host, self.host)  # noqa: S104 - a key
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


class GrpcSettings(Section):
    """Where gRPC is reached."""

    port: int = Field(9000, ge=1, le=65535, description="Port of gRPC.")
    reflection: bool = Field(default=False, description="Answer gRPC reflection; for development.")


class LimitSettings(Section):
    """What one request, and all together, may take."""

    max_image_bytes: int = Field(32 << 20, ge=1024, description="Largest photo, in bytes.")
    max_image_pixels: int = Field(50_000_000, ge=256, description="Largest photo, in pixels.")
    max_canvas_px: int = Field(4096, ge=64, description="Longest side of a result, in pixels.")
    default_timeout_s: float = Field(60, gt=0, description="Time for a request that names none, in seconds.")
    max_timeout_s: float = Field(300, gt=0, description="Longest time a request may ask for, in seconds.")
    max_running: int = Field(4, ge=1, description="Requests worked on at once per gateway replica.")
    max_waiting: int = Field(
        6,
        ge=0,
        description="Requests that may wait for that while work goes on; more are refused, and from then on until "
        "nobody waits all beyond half of max_running.",
    )
    max_held_up: int = Field(
        16, ge=0, description="Requests that may wait while nobody is served, as while a replica is replaced."
    )
    inline_bytes: int = Field(3 << 20, ge=0, description="Files sent inside an answer, together, in bytes.")

    @property
    def image(self) -> ImageLimits:
        """The limits of a photo."""
        return ImageLimits(self.max_image_bytes, self.max_image_pixels)


class FetchSettings(Section):
    """Photos that requests name by an https address."""

    enabled: bool = Field(default=True, description="Fetch photos by address at all.")
    allow_http: bool = Field(default=False, description="Also without TLS, where anybody on the way may read along.")
    timeout_s: float = Field(15, gt=0, description="Longest time for one photo with all redirects, in seconds.")
    trusted_hosts: list[HostAndPort] = Field(
        [], description='Hosts with ports, as `["name:port"]`, that may have private addresses and any port.'
    )


class ClientSettings(Section):
    """How the commands call a service."""

    api_key: SecretStr = Field(SecretStr(""), description="Key that the commands call with; empty: none.")


class DatabaseSettings(Section):
    """Where tenants, keys and usage are kept."""

    url: SecretStr = Field(
        SecretStr(""),
        description="Such as `postgresql://user:password@host/vitrine`; empty: SQLite in a file of data_dir.",
    )
    upgrade: bool = Field(default=True, description="Bring the tables up to date when the service starts.")
    max_connections: int = Field(4, ge=1, description="Connections, and transactions at once, per gateway replica.")
    timeout_s: float = Field(5, gt=0, description="Longest wait for a connection or a lock, in seconds.")


class TenantSettings(Section):
    """Who is served, and how much of it; a tenant's own limits (`vitrine tenants set`) come first."""

    require_keys: bool = Field(default=False, description="Ask callers on this machine for a key too.")
    cache_s: float = Field(
        5, ge=0, description="How long a key once looked up is believed: a revoked one works no longer than that."
    )
    rate_per_s: float = Field(0, ge=0, description="Pictures per second and tenant in the long run; 0: any number.")
    burst_requests: int = Field(10, ge=1, description="Pictures that may be asked for at once before the rate holds.")
    quota_items: int = Field(0, ge=0, description="Pictures per tenant and period; 0: any number.")
    quota_megapixels: float = Field(0, ge=0, description="Megapixels of pictures per tenant and period; 0: any number.")
    quota_period: Literal["day", "month"] = Field("month", description="A quota's period; it begins at 0:00 UTC.")
    job_running: int = Field(0, ge=0, description="Items of a tenant's jobs worked on at once; 0: any number.")
    metric_tenants: int = Field(
        100, ge=0, description="Tenants that metrics tell by name, the first that call; the rest is `other`."
    )
    content_policy: bool = Field(
        default=False, description="Look at photos and pictures, and refuse those that show nudity."
    )
    content_threshold: float = Field(
        0.8, ge=0, le=1, description="Refused from this score on; open_nsfw is unsure between 0.2 and 0.8."
    )
    idempotency_s: int = Field(86_400, ge=1, description="How long answers are kept for their idempotency key.")
    lease_s: float = Field(
        10, ge=1, description="A call whose gateway died is taken over by its repetition after this time, in seconds."
    )


class ModelSettings(Section):
    """Weights and panoramas."""

    cache_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_cache_dir("vitrine")),
        description="Fetched weights and panoramas.",
    )
    mirror: str = Field(
        "", description="Looked in first: a directory, https:// or s3:// prefix holding files by digest."
    )
    catalog: Path | None = Field(None, description="The operator's own catalogue file, beside the shipped one.")
    segmentation: str = Field("isnet", description="Catalogue name of the segmentation model.")


class StageSettings(ScalingSettings):
    """A stage's share: it also computes."""

    threads: int = Field(2, ge=1, description="Compute threads per replica.")


class GatewaySettings(ScalingSettings):
    """The gateway's share: it waits more than it works, so it holds many requests."""

    num_cpus: float = Field(0.25, gt=0, description="CPUs that Ray reserves per replica; a reservation, not a limit.")
    target_ongoing_requests: float = Field(
        4, gt=0, description="Requests per replica that autoscaling aims at; above limits.max_running they only wait."
    )
    max_ongoing_requests: int = Field(64, ge=1, description="Requests that a replica holds at once.")


class SegmentSettings(StageSettings):
    """Segmentation's share, and how it works."""

    runner: Literal["auto", "openvino", "onnxruntime"] = Field(
        "auto", description="What runs the network; auto: OpenVINO if it works here, else ONNX Runtime."
    )
    at_once: int = Field(
        2, ge=1, description="Photos worked on at once per replica; the network sees one after the other."
    )
    min_confidence: float = Field(0.25, ge=0, le=1, description="Below this, no product was found.")
    cutouts_mb: int = Field(
        128, ge=0, description="Memory for finished cutouts, whose photos come again for other scenes; in MiB."
    )


class DiffusionSettings(Section):
    """The diffusion model that draws over plates, and what it does where a request does not say."""

    checkpoint: str = Field("", description="Catalogue name of the checkpoint, see `vitrine models`.")
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where the networks run; auto: on a GPU if there is one."
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        "auto",
        description="Number type of the networks; auto: float16 on a GPU, bfloat16 where OpenVINO computes in it, "
        "else float32.",
    )
    runner: Literal[
        "auto", "tensorrt", "tensorrt_rtx", "torch", "torch_compile", "torch_graphs", "openvino", "onnxruntime"
    ] = Field(
        "auto", description="What computes the networks; auto: the first that will do, `vitrine engines list` says why."
    )
    steps: int = Field(30, ge=1, le=100, description="Steps of the denoising.")
    guidance: float = Field(7.5, ge=1, le=30, description="Weight of the prompt; 1: none.")
    plate_strength: float = Field(
        0.3, ge=0, le=1, description="How much of the scene's plate stays; 0: drawn freely, 1: the plate as it is."
    )
    scheduler: Literal["DDIM", "EULER", "DPMPP_2M", "LCM"] = Field(
        "DPMPP_2M", description="How the noise is taken away; LCM: for checkpoints distilled for it."
    )
    slots: int = Field(64, ge=1, description="Pictures under way at once per replica, waiting ones included.")
    max_batch: int = Field(8, ge=1, description="Pictures that share a step at most.")
    max_rank: int = Field(64, ge=1, le=1024, description="Largest rank of a style's layers.")
    styles_mb: int = Field(
        512, ge=0, description="Memory for styles that were used last, beside the set that is drawn with; in MiB."
    )
    memory_mb: int | None = Field(
        None, ge=1, description="Memory for a batch, in MiB; unset: nine tenths of what a GPU has free at the start."
    )


class UpscaleSettings(Section):
    """The network that enlarges backgrounds, and when it does."""

    network: str = Field(
        "",
        description="Catalogue name of a network that enlarges drawn backgrounds and references that are smaller than "
        "the picture, such as `realesrgan-x4plus`; empty: they are resampled.",
    )
    unasked: bool = Field(default=True, description="Where a request does not say whether it is wanted.")

    @property
    def by_default(self) -> bool:
        """Whether a request that leaves it open is upscaled."""
        return self.unasked and bool(self.network)


class GenerateSettings(StageSettings):
    """Generation's share, and what it may draw."""

    scenes_dir: Path | None = Field(None, description="The operator's own scene files, beside the shipped ones.")
    engine: Literal["plate", "diffusion"] = Field(
        "plate", description="What makes backgrounds: rendered plates, or a diffusion model that draws over them."
    )
    diffusion: DiffusionSettings = Field(default_factory=DiffusionSettings)
    upscale: UpscaleSettings = Field(default_factory=UpscaleSettings)
    target_megapixels: float = Field(
        4,
        gt=0,
        description="Plates in flight per replica that autoscaling aims at, in megapixels: 0.7 s of one core; drawings "
        "are counted by target_ongoing_requests.",
    )
    plates_mb: int = Field(
        64, ge=0, description="Memory for finished backgrounds, which repeat with scene, camera and seed; in MiB."
    )

    @property
    def at_once(self) -> int:
        """Requests worked on at once per replica: pictures that are drawn share steps, plates would share cores."""
        return self.max_ongoing_requests if self.engine == "diffusion" else 1

    @model_validator(mode="after")
    def _diffusion_has_a_checkpoint(self) -> Self:
        if self.engine == "diffusion" and not self.diffusion.checkpoint:
            raise ValueError("generate.engine is 'diffusion' but generate.diffusion.checkpoint is empty")
        return self


class StyleSettings(Section):
    """Styles that callers bring along."""

    max_per_tenant: int = Field(100, ge=0, description="Styles that a tenant may have; 0: callers bring none.")
    max_mb: int = Field(256, ge=1, description="Largest file of a style, in MiB.")
    shared_from: str = Field("local", description="Tenant whose styles everybody may draw with; empty: nobody's.")


class PreservationSettings(Section):
    """What a picture has to reach, so that its product counts as unchanged, where the request does not say."""

    report: Literal["BASIC", "FULL"] = Field("BASIC", description="How much is measured of every picture.")
    max_attempts: int = Field(
        3, ge=1, le=8, description="Backgrounds made at most until one passes; then the shot is refused."
    )
    thresholds: dict[str, float] = Field(
        {},
        description='Instead of the shipped thresholds, by measure: `{"structure": 0.98}`, see [API](api.md#measures).',
    )
    tenants: dict[str, dict[str, float]] = Field(
        {}, description='By tenant, before those of the service: `{"local": {"structure": 0.99}}`.'
    )


class ObservabilitySettings(Section):
    """What is told about the service's work."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level written.")
    metrics_key: SecretStr = Field(
        SecretStr(""),
        description="Bearer token for `/metrics` of the gateway; empty: callers on this machine alone may read it.",
    )


class Settings(BaseSettings):
    """The whole tree."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid", validate_default=True
    )

    @model_validator(mode="before")
    @classmethod
    def _no_variable_is_misspelt(cls, given: Any) -> Any:
        """`extra="forbid"` sees only what lies below a known section, so a lost underscore would go unnoticed."""
        for variable in os.environ:
            section = variable.removeprefix(_PREFIX).split("__")[0].lower()
            if variable.startswith(_PREFIX) and section not in cls.model_fields:
                raise ValueError(
                    f"the environment variable {variable} names no setting; two underscores stand between a section "
                    "and its field, as in VITRINE_HTTP__PORT"
                )
        return given

    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("vitrine")),
        description="Results and the signing key, when blobs lie in a directory; the database, when it is SQLite.",
    )
    http: HttpSettings = Field(default_factory=HttpSettings)
    grpc: GrpcSettings = Field(default_factory=GrpcSettings)
    ray: RaySettings = Field(default_factory=RaySettings)
    limits: LimitSettings = Field(default_factory=LimitSettings)
    storage: StorageSettings = Field(default_factory=StorageSettings)
    fetch: FetchSettings = Field(default_factory=FetchSettings)
    client: ClientSettings = Field(default_factory=ClientSettings)
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    tenants: TenantSettings = Field(default_factory=TenantSettings)
    models: ModelSettings = Field(default_factory=ModelSettings)
    gateway: GatewaySettings = Field(default_factory=GatewaySettings)
    segment: SegmentSettings = Field(default_factory=SegmentSettings)
    generate: GenerateSettings = Field(default_factory=GenerateSettings)
    postprocess: StageSettings = Field(default_factory=StageSettings)
    preservation: PreservationSettings = Field(default_factory=PreservationSettings)
    provenance: ProvenanceSettings = Field(default_factory=ProvenanceSettings)
    styles: StyleSettings = Field(default_factory=StyleSettings)
    lint: LintSettings = Field(default_factory=LintSettings)
    jobs: JobSettings = Field(default_factory=JobSettings)
    training: TrainingSettings = Field(default_factory=TrainingSettings)
    observability: ObservabilitySettings = Field(default_factory=ObservabilitySettings)

    @model_validator(mode="after")
    def _sections_agree(self) -> Self:
        if self.storage.backend == "s3" and not self.storage.s3.bucket:
            raise ValueError("storage.backend is 's3' but storage.s3.bucket is empty")
        if self.limits.default_timeout_s > self.limits.max_timeout_s:
            raise ValueError("limits.default_timeout_s is above limits.max_timeout_s")
        scaled = self.gateway.min_replicas < self.gateway.max_replicas
        if scaled and self.gateway.target_ongoing_requests > self.limits.max_running:
            raise ValueError(
                f"gateway.target_ongoing_requests ({self.gateway.target_ongoing_requests:g}) is above "
                f"limits.max_running ({self.limits.max_running}): requests would wait in replicas "
                "that autoscaling takes for idle enough"
            )
        for name in ("gateway", "segment", "generate", "postprocess", "jobs", "training"):
            if getattr(self, name).look_back_period_s <= self.ray.load_report_s:
                raise ValueError(
                    f"{name}.look_back_period_s is not above ray.load_report_s ({self.ray.load_report_s:g}): "
                    "load would be averaged over no report"
                )
        return self

    @model_validator(mode="after")
    def _styles_trained_are_drawn(self) -> Self:
        if self.training.enabled and self.generate.engine != "diffusion":
            raise ValueError(
                f"training.enabled is true but generate.engine is {self.generate.engine!r}: nothing would be drawn "
                "with the styles"
            )
        return self

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        ports = [self.http.port, self.grpc.port, self.ray.metrics_port]
        if len(set(ports)) < len(ports):
            raise ValueError(f"http.port, grpc.port and ray.metrics_port must differ, got {ports}")
        if self.ray.direct_ingress:
            direct = [*self.ray.direct_http_ports, *self.ray.direct_grpc_ports]
            if len({*ports, *direct}) < len(ports) + len(direct):
                raise ValueError(
                    f"the {DIRECT_PORTS} ports from ray.direct_http_port ({self.ray.direct_http_port}) and those from "
                    f"ray.direct_grpc_port ({self.ray.direct_grpc_port}) must be apart, and none of {ports}"
                )
            if not self.gateway.max_queued_requests:
                raise ValueError(
                    "gateway.max_queued_requests is 0, so replicas that listen themselves (ray.direct_ingress) would "
                    "refuse every call: each counts as waiting for a moment"
                )
        return self
