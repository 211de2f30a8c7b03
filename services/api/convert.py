"""Protobuf messages to the API models and back, generically, through protobuf's JSON mapping.

Bytes (images) are taken out first and handed over beside it, so that they never become base64.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError, SerializeToJsonError
from google.protobuf.message import Message as Proto
from pydantic import BaseModel, ValidationError

from services.api.findings import findings
from services.common.errors import InvalidInput

M = TypeVar("M", bound=BaseModel)
P = TypeVar("P", bound=Proto)

#: Field names and list positions from the root to a field.
Path = tuple[str | int, ...]

#: How protobuf's JSON mapping names, from the root on, the field that a value does not fit.
_FAILED_FIELD = re.compile(r"Failed to parse (\w+) field")


def from_proto(message: Proto, model: type[M]) -> M:
    """The API model that says the same.

    Args:
        message: Emptied of its bytes on the way.
        model: Of the same message.

    Raises:
        InvalidInput: A value is out of its range; details name the field.
    """
    contents = dict(_take_bytes(message, ()))
    try:
        fields = MessageToDict(message, preserving_proto_field_name=True)
    except (SerializeToJsonError, ValueError) as error:
        raise InvalidInput("the request holds a value that its type can't have, such as a time out of range") from error
    for path, content in contents.items():
        _put(fields, path, leaf=content)
    return validated(model, fields)


def validated(model: type[M], fields: Any) -> M:
    """The model made of decoded JSON.

    Raises:
        InvalidInput: A value is missing, misspelt or out of its range; details name the field.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise invalid_input(error, model) from error


def invalid_input(error: ValidationError, model: type[BaseModel] | None = None) -> InvalidInput:
    """Pydantic's findings in our words; the first one is the message, all are in the details.

    Args:
        error: What pydantic raised.
        model: What was validated, so that a misspelt field is answered with those there are.
    """
    told = findings(error, model)
    first = {name: value for name, value in told[0].items() if name != "message"}
    return InvalidInput(told[0]["message"], **first, findings=told)


def to_proto(model: BaseModel, message_type: type[P]) -> P:
    """The protobuf message that says the same.

    Raises:
        InvalidInput: A value does not fit its field's type, which only a model can hold that was made without
            validation; details name the field.
    """
    contents = dict(_bytes_of(model, ()))
    exclude: Any = {}
    for path in contents:
        _put(exclude, path, leaf=True)
    fields = model.model_dump(mode="json", exclude=exclude, exclude_none=True)
    message = message_type()
    try:
        ParseDict(_without_empty(fields), message)
    except ParseError as error:
        field = ".".join(_FAILED_FIELD.findall(str(error)))
        raise InvalidInput(f"{field}: the value does not fit the field's type", field=field) from error
    for path, content in contents.items():
        owner: Any = message
        for part in path[:-1]:
            owner = owner[part] if isinstance(part, int) else getattr(owner, part)
        setattr(owner, str(path[-1]), content)
    return message


def _take_bytes(message: Proto, path: Path) -> Iterator[tuple[Path, bytes]]:
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_BYTES:
            message.ClearField(field.name)
            yield (*path, field.name), value
        elif field.type == FieldDescriptor.TYPE_MESSAGE and field.is_repeated:
            for index, element in enumerate(value):
                yield from _take_bytes(element, (*path, field.name, index))
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            yield from _take_bytes(value, (*path, field.name))


def _bytes_of(value: Any, path: Path) -> Iterator[tuple[Path, bytes]]:
    if isinstance(value, bytes) and value:
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _bytes_of(getattr(value, name), (*path, name))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from _bytes_of(element, (*path, index))


def _put(tree: Any, path: Path, *, leaf: Any) -> None:
    """Set a leaf, making the branches that lack."""
    for part in path[:-1]:
        tree = tree[part] if isinstance(part, int) and isinstance(tree, list) else tree.setdefault(part, {})
    tree[path[-1]] = leaf


def _without_empty(value: Any) -> Any:
    """Without empty strings, which protobuf's timestamps don't take and which mean absent everywhere."""
    if isinstance(value, Mapping):
        return {name: _without_empty(child) for name, child in value.items() if child != ""}
    return [_without_empty(child) for child in value] if isinstance(value, list) else value
