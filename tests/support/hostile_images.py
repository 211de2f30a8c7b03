"""Files that are no photos, hardly photos, or more than they seem."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, PngImagePlugin

from tests.support.photos import encoded

OTHER_TYPES = (
    b"GIF89a\x01\x00\x01\x00\x80", b"%PDF-1.7\n", b"PK\x03\x04", b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    b"\x7fELF\x02", b"#!/bin/sh\n", b"\x00\x00\x00\x20ftypavif", b"\x00\x00\x00\x20ftypheic", b"II*\x00", b"BM",
    b"8BPS\x00\x01", b"%!PS-Adobe-3.0\n/x 1 def", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF\xff\xff\xff\xffWEBPVP8X",
)  # fmt: skip


def hostile_image(rng, photo):
    """A name for its kind and the file's bytes."""
    kind = rng.choice(list(_KINDS))
    return kind, _KINDS[kind](rng, photo)


def png(width, height, data, depth=8, color=2):
    """A PNG whose header may say anything about its data."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(data)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def _mutated(rng, photo):
    damaged = bytearray(photo)
    for _ in range(rng.randrange(1, 60)):
        damaged[rng.randrange(len(damaged))] = rng.randrange(256)
    return bytes(damaged)


def _text_bomb(rng, photo):
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "A" * (30 << 20), zip=True)
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, "PNG", pnginfo=text)
    return buffer.getvalue()


def _animated(rng, photo):
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (32, 32), color) for color in ("red", "blue", "green")]
    frames[0].save(buffer, rng.choice(("GIF", "WEBP", "PNG")), save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def _odd_size(rng, photo):
    height, width = rng.choice(((1, 1), (1, 4000), (4000, 1), (16, 17), (2, 9999), (15, 300)))
    return encoded(np.zeros((height, width, 3), np.uint8), rng.choice(("PNG", "JPEG", "WEBP")))


def _odd_mode(rng, photo):
    mode, form = rng.choice(
        (("CMYK", "JPEG"), ("L", "JPEG"), ("1", "PNG"), ("P", "PNG"), ("LA", "PNG"), ("I;16", "PNG"))
    )
    buffer = io.BytesIO()
    Image.new(mode, (48, 40)).save(buffer, form)
    return buffer.getvalue()


_KINDS = {
    "truncated": lambda rng, photo: photo[: rng.randrange(len(photo))],
    "mutated": _mutated,
    "head mutated": lambda rng, photo: _mutated(rng, photo[:700]) + photo[700:],
    "random": lambda rng, photo: rng.randbytes(rng.randrange(1, 20_000)),
    "other type": lambda rng, photo: rng.choice(OTHER_TYPES) + rng.randbytes(rng.randrange(300)),
    "pixel bomb": lambda rng, photo: png(rng.choice((30_000, 2**31 - 1)), 30_000, bytes(1000)),
    "data bomb": lambda rng, photo: png(64, 64, bytes(100 << 20)),
    "no pixels": lambda rng, photo: png(rng.choice((0, 64)), 0, b""),
    "text bomb": _text_bomb,
    "animated": _animated,
    "odd size": _odd_size,
    "odd mode": _odd_mode,
    "with a tail": lambda rng, photo: photo + rng.randbytes(1000) + b"PK\x03\x04",
}
