"""How an alpha channel counts: (H, W) uint16, 0 = background, `OPAQUE` = product, linear in between."""

from typing import Final

OPAQUE: Final = 65535
