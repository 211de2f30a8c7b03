"""Rules about the file and its size in pixels."""

import math

from services.common.geometry import SizeHW
from services.lint.exhibit import Exhibit
from services.lint.rules import AspectRule, FileSizeRule, FormatRule, SizeRule
from services.lint.verdict import Finding


def check_format(rule: FormatRule, exhibit: Exhibit) -> Finding:
    """Whether the file's format is taken."""
    return Finding(rule, exhibit.format in rule.formats, f"a file of {exhibit.format}")


def check_file_size(rule: FileSizeRule, exhibit: Exhibit) -> Finding:
    """Whether the file is small enough."""
    size = exhibit.size_bytes
    return Finding(rule, size <= rule.most_bytes, f"{size} bytes", size, "bytes")


def check_size(rule: SizeRule, exhibit: Exhibit) -> Finding:
    """Whether the sides are long enough, and not too long. The value is that of the side that the rule is about."""
    height, width = exhibit.size_hw
    passed = not too_small(rule, exhibit.size_hw) and not _too_large(rule, exhibit.size_hw)
    value = min(height, width) if rule.shorter_least is not None else max(height, width)
    return Finding(rule, passed, f"{width} x {height} px", value, "px")


def too_small(rule: SizeRule, size_hw: SizeHW) -> bool:
    """Whether a side is shorter than asked for."""
    return min(size_hw) < (rule.shorter_least or 0) or max(size_hw) < (rule.longer_least or 0)


def _too_large(rule: SizeRule, size_hw: SizeHW) -> bool:
    megapixels = size_hw[0] * size_hw[1] / 1e6
    return max(size_hw) > (rule.longer_most or math.inf) or megapixels > (rule.most_megapixels or math.inf)


def check_aspect(rule: AspectRule, exhibit: Exhibit) -> Finding:
    """Whether width / height is as asked."""
    height, width = exhibit.size_hw
    ratio = width / height
    return Finding(rule, abs(ratio - rule.width_to_height) <= rule.tolerance, f"width / height of {ratio:.3g}", ratio)
