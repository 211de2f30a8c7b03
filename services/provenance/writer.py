"""Finished pictures as files that say where they come from."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from services import __version__
from services.codecs.encode import encode_image
from services.common.image import ImageFormat
from services.common.logs import logger
from services.common.provenance_settings import ProvenanceSettings
from services.provenance.credentials import credentials_of
from services.provenance.origin import Origin
from services.provenance.signer import ManifestSigner
from services.provenance.throwaway import make_credentials
from services.provenance.xmp import xmp_packet

TOOL = f"Vitrine {__version__}"


class PictureWriter:
    """Writes pictures; several threads may use one.

    Args:
        marked: Whether files have XMP that says where they come from.
        signer: Adds a manifest that says it too; None = nobody does.
    """

    def __init__(self, *, marked: bool = False, signer: ManifestSigner | None = None) -> None:
        self._marked = marked
        self._signer = signer

    @classmethod
    def open(cls, settings: ProvenanceSettings) -> Self:
        """As the settings say; with a throw-away key, which the log tells, where they name none.

        Raises:
            InvalidInput: The operator's certificates or key can't be signed with.
        """
        if settings.marks != "signed":
            return cls(marked=settings.marks == "xmp")
        credentials = credentials_of(settings)
        if credentials is None:
            credentials = make_credentials()
            logger().warning(
                "pictures are signed with a throw-away key that nobody trusts",
                wanted="provenance.certificates and provenance.private_key, or provenance.marks other than signed",
            )
        signer = ManifestSigner(credentials, settings.time_stamps)
        signer.prove()
        return cls(marked=True, signer=signer)

    @property
    def end_s(self) -> float | None:
        """Unix time when the operator's certificate ends, and pictures with it; None where none signs."""
        return self._signer.end_s if self._signer else None

    def write(
        self, picture: NDArray[np.uint8], image_format: ImageFormat, quality: int, origin: Origin | None = None
    ) -> bytes:
        """A file, see `encode_image`.

        Args:
            picture: (H, W, 3) or (H, W, 4) uint8 sRGB, straight alpha.
            image_format: JPEG takes no alpha.
            quality: 1 to 100.
            origin: What it says of itself; None = nothing.

        Raises:
            InvalidInput: JPEG of four channels.
            Internal: The array is no picture, or the file can't be signed.
        """
        told = origin if self._marked else None
        file = encode_image(picture, image_format, quality, xmp_packet(told.source, TOOL) if told else b"")
        return self._signer.sign(file, image_format, told) if self._signer and told else file
