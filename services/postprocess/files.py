"""What a shot or a cutout leaves in the store: its picture and its layers as files."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.codecs.png import encode_png
from services.codecs.profile import srgb_profile
from services.common.image import ImageFormat
from services.postprocess.composite import Composition
from services.postprocess.draft import Draft, layer_key, picture_key
from services.postprocess.inspection import Inspection
from services.postprocess.layers import draw_layer, draw_uncertainty
from services.postprocess.schema import LayerName, Output, RestoreRequest, StoredLayer
from services.provenance.writer import PictureWriter
from services.segment.schema import SegmentResult
from services.storage.blobs import StoredBlob


def write_picture(draft: Draft, writer: PictureWriter, picture: NDArray[np.uint8], output: Output) -> StoredBlob:
    """A shot or a cutout, (H, W, 3) or (H, W, 4) uint8 sRGB, in the format and at the quality asked for."""
    data = writer.write(picture, output.format, output.quality, output.origin)
    blob = draft.put(picture_key(output), data, output.format)
    return replace(blob, width=picture.shape[1], height=picture.shape[0])


def write_layers(
    draft: Draft, request: RestoreRequest, cutout: SegmentResult, parts: Composition, inspection: Inspection
) -> list[StoredLayer]:
    """Those asked for; of several products each has an alpha of its own behind that of all."""
    written = []
    key = request.output.key
    for name in request.layers:
        if name is LayerName.HEATMAP:
            drawn: NDArray[Any] = inspection.heat_map()
        elif name is LayerName.UNCERTAINTY:
            drawn = draw_uncertainty(cutout, request.placement)
        else:
            drawn = draw_layer(name, parts)
        written.append(write_layer(draft, name, drawn, key))
        if name is LayerName.ALPHA and inspection.instances:
            for number in inspection.instances.numbers:
                drawn = np.where(inspection.instances.labels == number, draw_layer(name, parts), np.uint16(0))
                written.append(write_layer(draft, name, drawn, key, number))
    return written


def write_layer(
    draft: Draft, name: LayerName, layer: NDArray[np.uint8] | NDArray[np.uint16], key: str, instance: int = 0
) -> StoredLayer:
    """A layer as a PNG beside its picture; one in colour names its profile."""
    data = encode_png(layer, srgb_profile() if layer.ndim == 3 else b"")
    blob = draft.put(layer_key(key, name, instance), data, ImageFormat.PNG)
    return StoredLayer(name, replace(blob, width=layer.shape[1], height=layer.shape[0]), instance)
