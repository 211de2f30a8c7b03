"""Options checked against the API's models before anything is sent."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel

M = TypeVar("M", bound="BaseModel")


def checked(model: type[M], fields: Mapping[str, Any], *options: str) -> M:
    """The model with the fields that options gave.

    Args:
        model: Part of a request, or one with nothing else in it.
        fields: By name.
        options: Their names, for the complaint.

    Raises:
        typer.BadParameter: A value is misspelt or out of its range.
    """
    from services.api.convert import validated
    from services.common.errors import InvalidInput

    try:
        return validated(model, dict(fields))
    except InvalidInput as error:
        raise typer.BadParameter(error.message, param_hint=" / ".join(options)) from error
