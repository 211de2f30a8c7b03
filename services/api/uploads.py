"""UploadService's messages, field for field as in `protos/vitrine/v1/uploads.proto`."""

from pydantic import Field

from services.api.common import Message


class CreateUploadRequest(Message):
    media_type: str = Field("", max_length=100, description='Such as "image/jpeg", "text/csv" or "application/jsonl".')
    size_bytes: int = Field(0, ge=0)


class UploadHeader(Message):
    name: str = ""
    value: str = ""


class CreateUploadResponse(Message):
    key: str = Field("", description="Names the file in requests (`blob_key`) once it has been sent.")
    url: str = Field("", description="Takes this one file by PUT, of just that type and size.")
    headers: list[UploadHeader] = Field([], description="To be sent with it, exactly so.")
    expire_time: str = Field("", description="RFC 3339.")
