"""The settings as a command sees them: the environment's, with the command's own options over them."""

from typing import TYPE_CHECKING, Any

from services.common.errors import InvalidInput

if TYPE_CHECKING:
    from services.common.settings import Settings  # pydantic takes its time


def open_settings(**options: Any) -> "Settings":
    """Build the tree.

    Args:
        **options: Values over the environment's; a section as a dict. None stands for "not given", at both levels.

    Raises:
        InvalidInput: A setting is wrong, wherever it came from; the message names it.
    """
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from services.common.settings import Settings

    given = {name: _given(value) for name, value in options.items()}
    try:
        return Settings(**{name: value for name, value in given.items() if value not in (None, {})})
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        name = ".".join(str(part) for part in fault["loc"])
        raise InvalidInput(f"the setting {name} is wrong: {fault['msg']}" if name else fault["msg"]) from error
    except SettingsError as error:
        raise InvalidInput(f"a setting can't be read: {error}") from error


def _given(value: Any) -> Any:
    return {name: part for name, part in value.items() if part is not None} if isinstance(value, dict) else value


def service_address(address: str | None) -> str:
    """Where the service's gRPC is: as given, or on this machine at the port of the settings."""
    return address or f"127.0.0.1:{open_settings().grpc.port}"


def api_key() -> str:
    """What the commands say who they are by; empty for none."""
    return open_settings().client.api_key.get_secret_value()
