"""Protobuf requests that differ from a good one in ways that only a seed knows."""

import math
import struct

from google.protobuf.descriptor import FieldDescriptor

_EDGES = {
    FieldDescriptor.CPPTYPE_STRING: ["", "x" * 5000, "../..", "\x00", "é\u202e", "white", "#12345g"],
    FieldDescriptor.CPPTYPE_BOOL: [True, False],
    FieldDescriptor.CPPTYPE_FLOAT: [0.0, -1.0, 1e38, math.nan, math.inf, -math.inf, 1e-45],
    FieldDescriptor.CPPTYPE_DOUBLE: [0.0, -1.0, 1e308, math.nan, math.inf],
    FieldDescriptor.CPPTYPE_INT32: [0, -1, 1, 16, 2**31 - 1, -(2**31)],
    FieldDescriptor.CPPTYPE_INT64: [0, -1, 2**63 - 1, -(2**63)],
    FieldDescriptor.CPPTYPE_UINT32: [0, 1, 2**32 - 1],
    FieldDescriptor.CPPTYPE_ENUM: [0, 1, 2, 99, -1, 2**31 - 1],
}
_BYTES = [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", bytes(1000), b"GIF89a"]


def mutated(message, rng):
    """Change one to four fields, anywhere inside the message, in place."""
    for _ in range(rng.randint(1, 4)):
        _change(message, rng)
    return message


def flipped(message, rng):
    """The message's bytes, with some of them changed, cut off or doubled."""
    data = bytearray(message.SerializeToString())
    for _ in range(rng.randint(1, 8)):
        if data:
            data[rng.randrange(min(len(data), 64 if rng.random() < 0.7 else len(data)))] = rng.randrange(256)
    end = rng.randrange(len(data) + 1) if rng.random() < 0.3 else len(data)
    return bytes(data[:end]) + (struct.pack("<Q", rng.getrandbits(64)) if rng.random() < 0.2 else b"")


def _change(message, rng):
    fields = message.DESCRIPTOR.fields
    if not fields:
        return
    field = rng.choice(fields)
    if field.message_type:
        inner = getattr(message, field.name)
        for _ in range(rng.choice((1, 1, 70)) if field.is_repeated else 1):
            _change(inner.add() if field.is_repeated else inner, rng)
            if not field.is_repeated:
                inner.SetInParent()
        return
    choices = _BYTES if field.type == FieldDescriptor.TYPE_BYTES else _EDGES[field.cpp_type]
    if field.is_repeated:
        getattr(message, field.name).extend(rng.choice(choices) for _ in range(rng.choice((1, 3, 200))))
    else:
        setattr(message, field.name, rng.choice(choices))
