"""Pydantic's findings in our words: what was got, and what is wanted."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

#: Of a caller's value or name, so many characters are said back at most.
MAX_SHOWN: Final = 80
_MAX_MESSAGE: Final = 400

#: What is wanted, by pydantic's type of the finding and with its context; what was got is said behind it.
#: (https://docs.pydantic.dev/latest/errors/validation_errors/)
_WANTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "greater_than_equal": "a number of at least {ge:.12g} is wanted",
        "greater_than": "a number more than {gt:.12g} is wanted",
        "less_than_equal": "a number of at most {le:.12g} is wanted",
        "less_than": "a number less than {lt:.12g} is wanted",
        "finite_number": "a finite number is wanted",
        "float_type": "a number is wanted",
        "float_parsing": "a number is wanted",
        "int_type": "a whole number is wanted",
        "int_parsing": "a whole number is wanted",
        "int_parsing_size": "a whole number is wanted",
        "int_from_float": "a whole number is wanted",
        "bool_type": "true or false is wanted",
        "bool_parsing": "true or false is wanted",
        "string_type": "text is wanted",
        "string_unicode": "text is wanted",
        "string_pattern_mismatch": "text that matches {pattern} is wanted",
        "bytes_type": "bytes are wanted",
        "enum": "{expected} is wanted",
        "literal_error": "{expected} is wanted",
        "list_type": "a list is wanted",
        "model_type": "an object with fields is wanted",
        "model_attributes_type": "an object with fields is wanted",
        "dict_type": "an object with fields is wanted",
        "missing": "it is missing",
    }
)
#: Said of a number, so that the whole range can be told where the field has one.
_NUMBERS: Final = frozenset(
    {
        "greater_than_equal",
        "less_than_equal",
        "finite_number",
        "float_type",
        "float_parsing",
        "int_type",
        "int_parsing",
        "int_parsing_size",
        "int_from_float",
    }
)
#: Found in what is a number already, even where it came as text.
_RANGES: Final = frozenset({"greater_than_equal", "greater_than", "less_than_equal", "less_than", "finite_number"})


def findings(error: ValidationError, model: type[BaseModel] | None = None) -> list[dict[str, Any]]:
    """Each finding as `field` and `message`, the message complete with the field's name where it has one; of a number
    that has a range also `min` and `max`.

    Args:
        error: Pydantic's. Of the values in it no more than `MAX_SHOWN` characters are told, and never bytes.
        model: What was validated; knows which fields there are.
    """
    return [_told(each, model) for each in error.errors(include_url=False)[:10]]


def message_of(finding: Mapping[str, Any], field: FieldInfo | None = None) -> str:
    """One of pydantic's findings, without the field's name.

    Args:
        finding: Of `ValidationError.errors()`.
        field: What it was found of; knows the range of a number.
    """
    kind, context, got = finding["type"], finding.get("ctx", {}), finding["input"]
    if kind == "value_error":  # our own validators', which say what they got
        return str(finding["msg"]).removeprefix("Value error, ")[:_MAX_MESSAGE]
    if kind == "string_too_long":
        return f"at most {context['max_length']} characters are wanted, got {len(got)}"
    if kind == "too_long":
        return f"at most {context['max_length']} are wanted, got {context['actual_length']}"
    if kind not in _WANTED:
        return str(finding["msg"])[:_MAX_MESSAGE]
    wanted = (field and _range_wanted(kind, field)) or _WANTED[kind].format_map(context)
    if kind in _RANGES and isinstance(got, str):  # a number out of a form, told as every other edge tells it
        return f"{wanted}, got {cut(got.lower())}"
    return wanted if kind == "missing" else f"{wanted}, got {shown(got)}"


def shown(value: Any) -> str:
    """A caller's value as a message may say it back: short, on one line, and without contents of files."""
    if isinstance(value, bytes | bytearray):
        return f"{len(value)} bytes"
    if isinstance(value, str):
        return cut(repr(value[: MAX_SHOWN + 1]))
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 4 * MAX_SHOWN:
        return "a huge number"
    if value is None or isinstance(value, bool | int | float):
        return "null" if value is None else cut(str(value).lower())
    if isinstance(value, Mapping | BaseModel):
        return "an object"
    return "a list" if isinstance(value, list | tuple) else type(value).__name__


def cut(text: str) -> str:
    """The text, or its beginning where it is longer than `MAX_SHOWN`."""
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def _told(finding: Mapping[str, Any], model: type[BaseModel] | None) -> dict[str, Any]:
    path = finding["loc"]
    name = ".".join(cut(str(part)) for part in path)
    owner = _owner(path, model) if model else None
    if finding["type"] == "extra_forbidden":
        return {"field": name, "message": _no_such_field(name, owner)}
    field = owner.model_fields.get(str(path[-1])) if owner and path else None
    message = message_of(finding, field)
    limits = _range(field) if field and finding["type"] in _NUMBERS else None
    told = {"field": name, "message": f"{name}: {message}" if name else message}
    return told | ({"min": limits[0], "max": limits[1]} if limits else {})


def _range(field: FieldInfo) -> tuple[float, float] | None:
    """The least and the greatest that a number may be, where it has both."""
    low = next((limit.ge for limit in field.metadata if hasattr(limit, "ge")), None)
    high = next((limit.le for limit in field.metadata if hasattr(limit, "le")), None)
    return None if low is None or high is None else (low, high)


def _range_wanted(kind: str, field: FieldInfo) -> str:
    """What is wanted of a number with a range; empty for all else."""
    limits = _range(field) if kind in _NUMBERS else None
    if limits is None:
        return ""
    whole = int in (field.annotation, *get_args(field.annotation))
    return f"a {'whole ' if whole else ''}number from {limits[0]:.12g} to {limits[1]:.12g} is wanted"


def _no_such_field(field: str, owner: type[BaseModel] | None) -> str:
    message = f"there is no field {field!r}"
    return f"{message}; known are {', '.join(owner.model_fields)}" if owner else message


def _owner(path: tuple[str | int, ...], model: type[BaseModel]) -> type[BaseModel] | None:
    """The model inside `model` whose field the path's last part would be."""
    names = (part for part in path[:-1] if isinstance(part, str))
    owner: type[BaseModel] | None = model
    for name in names:
        if owner is None or name not in owner.model_fields:
            return None
        owner = model_in(owner.model_fields[name].annotation)
    return owner


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a field's annotation holds, also within a list or beside None; None where it holds none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := model_in(each))), None)
