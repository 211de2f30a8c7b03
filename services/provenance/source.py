"""What kind of picture it is, in the words of the IPTC, and what a file says of itself.

The terms are those of the NewsCodes "Digital Source Type" (https://cv.iptc.org/newscodes/digitalsourcetype/), with
their names and definitions as of October 2024. Platforms read them in XMP, and in the actions of a C2PA manifest.
"""

import re
from enum import StrEnum
from typing import Final

_SCHEME: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"


class DigitalSource(StrEnum):
    """Those terms that pictures of this service have."""

    #: "Edited using Generative AI": "Augmentation, correction or enhancement using a Generative AI model, such as with
    #: inpainting or outpainting operations."
    COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA = "compositeWithTrainedAlgorithmicMedia"
    #: "Composite of elements": "Mix or composite of several elements, any of which may or may not be generative AI."
    COMPOSITE = "composite"
    #: "Composite including generative AI elements": "Mix or composite of several elements, at least one of which is
    #: Generative AI."
    COMPOSITE_SYNTHETIC = "compositeSynthetic"
    #: "Created using Generative AI": "Digital media created algorithmically using an Artificial Intelligence model
    #: trained on captured content."
    TRAINED_ALGORITHMIC_MEDIA = "trainedAlgorithmicMedia"
    #: "Algorithmically-altered media": "Modification or correction by algorithm without changing the main content of
    #: the media, initiated or configured by a human, such as sharpening or applying noise reduction."
    ALGORITHMICALLY_ENHANCED = "algorithmicallyEnhanced"

    @property
    def uri(self) -> str:
        """What stands in files; `http`, as the scheme is named so, not fetched."""
        return f"{_SCHEME}{self.value}"


#: Those that say that a generative model had a part in the picture.
GENERATIVE: Final = (
    DigitalSource.COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA,
    DigitalSource.COMPOSITE_SYNTHETIC,
    DigitalSource.TRAINED_ALGORITHMIC_MEDIA,
)

# Longer names begin with no shorter one, so the order does not count. What follows a name in CBOR may be a letter.
_DECLARED: Final = re.compile(b"cv\\.iptc\\.org/newscodes/digitalsourcetype/(" + "|".join(GENERATIVE).encode() + b")")


def declared_source(file: bytes) -> DigitalSource | None:
    """The part that a generative model had in a picture, by its own file; None where it names none.

    The address is looked for in all of the bytes, where XMP and C2PA manifests hold it as plain text: nothing of a file
    that somebody sent is parsed for it. In compressed metadata it is not found.
    """
    found = {DigitalSource(match.decode()) for match in _DECLARED.findall(file)}
    if len(found) > 1:
        return DigitalSource.COMPOSITE_SYNTHETIC
    return found.pop() if found else None
