"""The header of a weights file: names and shapes of its tensors, read without loading one."""

import json
from pathlib import Path
from typing import Any, Final

_MAX_HEADER_BYTES: Final = 100_000_000
#: First bytes of Python's pickles and of the zip archives that torch.save wraps them in.
_PICKLES: Final = (b"\x80", b"PK")

Shapes = dict[str, tuple[int, ...]]


def read_shapes(path: Path) -> Shapes:
    """Tensor shapes of a safetensors file (github.com/huggingface/safetensors, "Format").

    Args:
        path: The file; its length is held against what the header says.

    Returns:
        The shape of each tensor by its name.

    Raises:
        ValueError: It is no safetensors file, or not whole; the message says which, to follow the file's name.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        if start.startswith(_PICKLES):
            raise ValueError("is a pickle by another name, which may run code; only safetensors are read")
        length = int.from_bytes(start, "little")
        if len(start) < 8 or not 2 <= length <= min(_MAX_HEADER_BYTES, size - 8):
            raise ValueError("is no safetensors file")
        text = file.read(length)
    try:
        header: dict[str, Any] = json.loads(text)
        tensors = {name: part for name, part in header.items() if name != "__metadata__"}
        end = max((int(part["data_offsets"][1]) for part in tensors.values()), default=0)
        shapes = {name: tuple(int(side) for side in part["shape"]) for name, part in tensors.items()}
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise ValueError("is no safetensors file") from error
    if size != 8 + length + end:
        raise ValueError(f"has {size} bytes, and {8 + length + end} by its own header; it is damaged")
    return shapes
