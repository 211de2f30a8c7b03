"""The branch of the settings tree that is about where results lie."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from services.common.section import BucketPlace, Section


class S3Settings(Section):
    """An S3-compatible blob store."""

    bucket: str = Field("", description="Bucket for blobs.")
    prefix: str = Field("", description="Put before every key.")
    endpoint_url: str = Field("", description="Address of an S3-compatible store; empty: AWS.")
    region: str = Field("us-east-1", description="Region of the bucket.")
    access_key_id: str = Field("", description="Empty: boto3's own credential chain.")
    secret_access_key: SecretStr = Field(SecretStr(""), description="Belongs to access_key_id.")
    addressing: Literal["auto", "path", "virtual"] = Field(
        "auto", description="Where the bucket's name stands: path or host; auto: path where endpoint_url is set."
    )
    encryption: Literal["", "AES256", "aws:kms"] = Field(
        "", description="Server-side encryption asked for with every write; empty: the bucket's own default."
    )
    kms_key_id: str = Field("", description="Key for aws:kms; empty: the account's default key.")
    part_mb: int = Field(16, ge=5, le=1024, description="Larger files go in parts of this size, several at once; MiB.")
    timeout_s: float = Field(10, gt=0, description="Longest wait for the store to connect or to send on, in seconds.")
    max_attempts: int = Field(3, ge=1, le=10, description="Tries per call; only failures that may pass are repeated.")
    max_connections: int = Field(16, ge=1, description="Connections per process, and calls under way at once.")

    @model_validator(mode="after")
    def _key_has_a_use(self) -> Self:
        if self.kms_key_id and self.encryption != "aws:kms":
            raise ValueError(f"kms_key_id is given but encryption is {self.encryption!r}; it belongs to 'aws:kms'")
        return self


class StorageSettings(Section):
    """Where results lie."""

    backend: Literal["directory", "s3"] = Field("directory", description="Where results lie.")
    url_ttl_s: int = Field(3600, ge=1, le=604_800, description="How long signed URLs work, in seconds.")
    inputs: dict[str, list[BucketPlace]] = Field(
        {},
        description='Where a tenant may have photos read from, by tenant: `{"local": ["bucket", "bucket/folder"]}`.',
    )
    s3: S3Settings = Field(default_factory=S3Settings)
