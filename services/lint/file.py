"""Rules about the file and its size in pixels."""

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
    shorter, longer, megapixels = min(height, width), max(height, width), height * width / 1e6
    passed = (
        (rule.shorter_least is None or shorter >= rule.shorter_least)
        and (rule.longer_least is None or longer >= rule.longer_least)
        and (rule.longer_most is None or longer <= rule.longer_most)
        and (rule.most_megapixels is None or megapixels <= rule.most_megapixels)
    )
    value = shorter if rule.shorter_least is not None else longer
    return Finding(rule, passed, f"{width} x {height} px", value, "px")


def check_aspect(rule: AspectRule, exhibit: Exhibit) -> Finding:
    """Whether width / height is as asked."""
    height, width = exhibit.size_hw
    ratio = width / height
    return Finding(rule, abs(ratio - rule.width_to_height) <= rule.tolerance, f"width / height of {ratio:.3g}", ratio)
