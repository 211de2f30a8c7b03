"""What a picture says of itself in XMP, which platforms read without C2PA."""

from typing import Final
from xml.sax.saxutils import quoteattr

from services.provenance.source import DigitalSource

#: `DigitalSourceType` is a property of the IPTC's Extension schema
#: (https://iptc.org/std/photometadata/specification/IPTC-PhotoMetadata), `CreatorTool` one of XMP's own (ISO 16684-1,
#: 8.4).
_PACKET: Final = """<?xpacket begin="\N{ZERO WIDTH NO-BREAK SPACE}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmp:CreatorTool={tool}
 Iptc4xmpExt:DigitalSourceType={source}/>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def xmp_packet(source: DigitalSource, tool: str) -> bytes:
    """An XMP packet (ISO 16684-1, 7), UTF-8; the same arguments give the same bytes.

    Args:
        source: What kind of picture it is.
        tool: What made it, with its version.
    """
    return _PACKET.format(tool=quoteattr(tool), source=quoteattr(source.uri)).encode()
