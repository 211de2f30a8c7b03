"""A style: a LoRA adapter in the blob store, and what is known of it."""

from dataclasses import dataclass
from typing import Final

#: Where styles lie, each tenant's in a folder of its own.
FOLDER: Final = "styles"


@dataclass(frozen=True)
class Style:
    """One style.

    Args:
        tenant: Whose it is.
        style_id: What its owner calls it.
        description: Words for people.
        sha256: Of its file, in hex.
        size_bytes: Of its file.
        rank: The largest of its layers.
        networks: Those that it changes, such as "unet".
        checkpoint: Name and version of what it was checked against.
        created_s: Unix time.
    """

    tenant: str
    style_id: str
    description: str
    sha256: str
    size_bytes: int
    rank: int = 0
    networks: tuple[str, ...] = ()
    checkpoint: str = ""
    created_s: float = 0.0

    @property
    def key(self) -> str:
        """Of its file in the store: whose it is, and what it holds."""
        return f"{FOLDER}/{self.tenant}/{self.style_id}/{self.sha256}.safetensors"
