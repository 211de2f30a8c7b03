"""Rows of text, each shaped once."""

from services.postprocess.cover.shaping import Row, shaped
from services.postprocess.cover.typecase import Style, Typecase


class Typesetter:
    """Shapes the rows of one cover; the same text is measured many times until everything has its place.

    Args:
        typecase: What there is to set with.
    """

    def __init__(self, typecase: Typecase) -> None:
        self._fonts = {style: typecase.fonts(style) for style in Style}
        self._rows: dict[tuple[str, Style, float], Row] = {}

    def row(self, text: str, style: Style, tracking: float | None = None) -> Row:
        """A text as one row.

        Args:
            text: All its characters have glyphs in the style.
            style: Of its letters.
            tracking: Space added between letters, in em; None = the style's own.
        """
        wanted = style.tracking if tracking is None else tracking
        key = (text, style, wanted)
        if key not in self._rows:
            self._rows[key] = shaped(text, self._fonts[style], wanted)
        return self._rows[key]
