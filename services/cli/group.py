"""How the commands end: our errors are one line on standard error and exit code 1; wrong usage is typer's, code 2."""

from typing import Any

import typer
from typer.core import TyperGroup

from services.common.errors import VitrineError

EXIT_FAILED = 1


class OneLineErrors(TyperGroup):
    """A group of commands whose `VitrineError`s are said in one line instead of a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except VitrineError as error:
            typer.echo(f"vitrine: {one_line(error)}", err=True)
            raise typer.Exit(EXIT_FAILED) from error
        except Exception as error:
            from pydantic import ValidationError  # heavy, and seldom needed

            from services.api.convert import invalid_input

            if not isinstance(error, ValidationError):
                raise
            typer.echo(f"vitrine: {one_line(invalid_input(error))}", err=True)
            raise typer.Exit(EXIT_FAILED) from error


def one_line(error: VitrineError) -> str:
    """The error's message without line breaks, and the request's id where the service told one."""
    request_id = error.details.get("request_id")
    message = " ".join(error.message.split())
    return f"{message} (request {request_id})" if request_id else message
