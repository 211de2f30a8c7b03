"""XMP packets."""

from xml.etree import ElementTree as ET

from services.provenance.source import DigitalSource
from services.provenance.xmp import xmp_packet

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def test_packet_names_source_and_tool():
    packet = ET.fromstring(xmp_packet(DigitalSource.COMPOSITE, 'Vitrine "1" & <2>'))  # noqa: S314 - our own
    told = packet.find(f"{RDF}RDF/{RDF}Description").attrib
    assert told["{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"] == DigitalSource.COMPOSITE.uri
    assert told["{http://ns.adobe.com/xap/1.0/}CreatorTool"] == 'Vitrine "1" & <2>'


def test_packet_stands_between_its_marks():
    packet = xmp_packet(DigitalSource.COMPOSITE, "Vitrine").decode()
    assert packet.startswith('<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>')
    assert packet.endswith('<?xpacket end="w"?>')
