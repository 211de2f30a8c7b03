"""The branch of the settings tree that is about what pictures say of where they come from."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from services.common.section import Section

SigningAlgorithm = Literal["es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519"]


class ProvenanceSettings(Section):
    """What finished pictures say of where they come from, and who signs it."""

    marks: Literal["signed", "xmp", "none"] = Field(
        "signed",
        description="What pictures carry: XMP and a signed C2PA manifest, XMP alone, or nothing; see "
        "[provenance](provenance.md).",
    )
    certificates: Path | None = Field(
        None,
        description="PEM file of the certificate that signs, then of those up to its authority; unset: pictures are "
        "signed with a throw-away key that nobody trusts.",
    )
    private_key: Path | None = Field(None, description="PEM file of its private key, without a password.")
    algorithm: SigningAlgorithm = Field("es256", description="How the key signs; it has to suit it.")
    time_stamps: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="Address of an RFC 3161 time-stamping authority, asked for every picture; empty: none is.",
    )

    @model_validator(mode="after")
    def _key_has_its_certificate(self) -> Self:
        if (self.certificates is None) != (self.private_key is None):
            missing = "certificates" if self.certificates is None else "private_key"
            raise ValueError(f"certificates and private_key belong together, but {missing} is not given")
        return self
