"""The text that a RayService carries for Serve. Serve itself passes over fields that it does not know."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import yaml
from pydantic import ValidationError
from ray.serve.schema import ServeDeploySchema

from k8s.checks.names import SERVE_ENVIRONMENT
from k8s.checks.schemas import closed
from services.common.settings import Settings


def serve_config_faults(text: str) -> Iterator[str]:
    """What is wrong with a Serve config: unknown fields, settings that there are not, variables that no proxy reads.

    Args:
        text: YAML, as in `deploy/cpu.yaml`.
    """
    config = yaml.safe_load(text)
    faults = [f"{error.json_path}: {error.message[:300]}" for error in _validator().iter_errors(config)]
    yield from faults
    if faults:
        return
    # Ray's schema says nothing of what lies below here.
    environment = config.get("controller_options", {}).get("runtime_env", {})
    yield from (f"runtime_env.{name} is not used here" for name in set(environment) - {"env_vars"})
    given = environment.get("env_vars", {})
    yield from (f"nothing of Serve reads {name}" for name in set(given) - SERVE_ENVIRONMENT)
    for application in config["applications"]:
        try:
            Settings(**application["args"])
        except ValidationError as error:
            yield from (f"args.{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())


@cache
def _validator() -> Any:
    schema = closed(ServeDeploySchema.model_json_schema())
    return jsonschema.Draft202012Validator(schema)
