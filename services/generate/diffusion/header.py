"""What a weights file holds: names and shapes of its tensors, read without loading one."""

from pathlib import Path
from typing import Final

from safetensors import SafetensorError, safe_open

#: First bytes of Python's pickles and of the zip archives that torch.save wraps them in.
PICKLES: Final = (b"\x80", b"PK")

Shapes = dict[str, tuple[int, ...]]


def read_shapes(path: Path) -> Shapes:
    """Tensor shapes of a safetensors file.

    Args:
        path: The file; its length is held against what its header says.

    Returns:
        The shape of each tensor by its name.

    Raises:
        ValueError: It is no safetensors file, or not whole; the message follows the file's name.
        OSError: It can't be read.
    """
    with path.open("rb") as file:
        start = file.read(2)
    try:
        with safe_open(path, framework="numpy") as tensors:
            names = tensors.keys()
            return {name: tuple(tensors.get_slice(name).get_shape()) for name in names}
    except SafetensorError as error:
        # Asked only now: the header's length, which a file begins with, may have such bytes too.
        if start.startswith(PICKLES):
            raise ValueError("is a pickle by another name, which may run code; only safetensors are read") from error
        raise ValueError("is damaged or no safetensors file") from error
