"""C2PA manifests in finished files, by the C2PA's own library.

That is native code, in which a fault would end the process: so it sees nothing but files that this service wrote.
"""

import io
import json
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
from c2pa import Builder, C2paError, C2paSignerInfo, Context, Reader, Signer

from services import __version__
from services.codecs.png import encode_png
from services.common.errors import Internal, InvalidInput
from services.common.image import ImageFormat
from services.provenance.credentials import Credentials
from services.provenance.manifest import ingredients, manifest_definition
from services.provenance.origin import Origin, scene_origin

#: Stands in every claim that a throw-away key has signed.
THROWAWAY_GENERATOR: Final = "Vitrine with a throw-away key for development"

_USELESS: Final = (
    "provenance: no valid manifest comes of these certificates, private_key and time_stamps; docs/provenance.md says "
    "what a certificate needs"
)
_SETTINGS: Final[dict[str, Any]] = {
    "builder": {
        # Else the picture would be decoded and scaled once more.
        "thumbnail": {"enabled": False},
        # Who signs vouches for both, where C2PA would else list them as found somewhere (C2PA 2.2, 10.3.1).
        "created_assertion_labels": ["c2pa.actions", "c2pa.ingredient"],
    },
    # `prove` reads a file once; reading each would double the work.
    "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
}


class ManifestSigner:
    """Adds signed manifests to picture files; several threads may use one.

    Args:
        credentials: Who signs.
        time_stamps: Address of a time-stamping authority (RFC 3161), asked for every file; empty: none.

    Attributes:
        end_s: Unix time when it can't sign any more; None of a throw-away key, which ends with its process.

    Raises:
        InvalidInput: The library does not take the credentials.
    """

    def __init__(self, credentials: Credentials, time_stamps: str = "") -> None:
        name = THROWAWAY_GENERATOR if credentials.throwaway else "Vitrine"
        self._generator = {"name": name, "version": __version__}
        self.end_s = None if credentials.throwaway else credentials.end_s
        authority = urlsplit(time_stamps)
        hosts = [f"{authority.scheme}://{authority.netloc}"] if time_stamps else []
        try:
            signer = Signer.from_info(
                C2paSignerInfo(
                    credentials.algorithm,
                    credentials.certificates,
                    credentials.private_key,
                    time_stamps.encode() or None,
                )
            )
            self._context = Context.from_dict({**_SETTINGS, "core": {"allowed_network_hosts": hosts}}, signer)
        except C2paError as error:
            raise InvalidInput(_USELESS, field="provenance") from error

    def prove(self) -> None:
        """Sign a small picture and read it, so that credentials of no use stop the start and not the first picture.

        Raises:
            InvalidInput: The file can't be signed, or its manifest is not valid.
        """
        png = ImageFormat.PNG
        try:
            signed = self.sign(encode_png(np.zeros((16, 16, 3), np.uint8)), png, scene_origin())
            with Reader(png.media_type, io.BytesIO(signed), context=self._context) as reader:
                state = reader.get_validation_state()
        except (Internal, C2paError) as error:
            raise InvalidInput(_USELESS, field="provenance") from error
        if state == "Invalid":
            raise InvalidInput(_USELESS, field="provenance")

    def sign(self, file: bytes, image_format: ImageFormat, origin: Origin) -> bytes:
        """The file with a manifest; its pixels stay as they are.

        Args:
            file: A picture that this service wrote, without a manifest.
            image_format: Its own.
            origin: Where it comes from.

        Raises:
            Internal: It can't be signed, as when the certificate has ended or the time-stamping authority is silent.
        """
        media_type = image_format.media_type
        definition = manifest_definition(origin, media_type, self._generator)
        signed = io.BytesIO()
        try:
            with Builder(json.dumps(definition), self._context) as builder:
                for told, part in ingredients(origin):
                    if part.signed:
                        builder.add_ingredient(json.dumps(told), ImageFormat.PNG.media_type, io.BytesIO(part.signed))
                builder.sign(media_type, io.BytesIO(file), signed)
        except C2paError as error:
            raise Internal("the picture could not be signed") from error
        return signed.getvalue()
