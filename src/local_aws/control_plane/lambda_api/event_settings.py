"""A function's settings of asynchronous invocation (EventInvokeConfig): retries, maximum age, destinations.

Seen in moto 5.2.5: a second PutFunctionEventInvokeConfig has no effect on reads, all qualifiers share one config, and
an update deletes the settings that it does not name.
"""

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError, UnknownEventConfig
from moto.awslambda.models import EventInvokeConfig
from moto.awslambda.responses import LambdaResponse

from local_aws.control_plane.lambda_api.function_names import read_function_name
from local_aws.patching import patch

__all__ = [
    "LATEST",
    "apply_patches",
    "delete_event_settings",
    "event_settings",
    "forget_event_settings",
    "put_event_settings",
]

LATEST = "$LATEST"

Settings = dict[str, Any]


class NoSuchFunction(LambdaClientError):  # type: ignore[misc]
    """AWS's error of these operations if the function does not exist."""

    code = 404

    def __init__(self) -> None:
        super().__init__("ResourceNotFoundException", "The function doesn't exist.")


def apply_patches() -> None:
    """Replace moto's operations on event invoke configs."""
    patch(LambdaResponse, "put_function_event_invoke_config", _answer_put)
    patch(LambdaResponse, "update_function_event_invoke_config", _answer_update)
    patch(LambdaResponse, "get_function_event_invoke_config", _answer_get)
    patch(LambdaResponse, "delete_function_event_invoke_config", _answer_delete)
    patch(LambdaResponse, "list_function_event_invoke_configs", _answer_list)


def event_settings(backend: Any, function_name: str, qualifier: str | None) -> Settings | None:
    """The config of exactly that qualifier, in the API's form; None if there is none. Raises AWS's errors."""
    latest, qualifier = _latest_of(backend, function_name, qualifier)
    return _configs_of(latest).get(qualifier)


def put_event_settings(
    backend: Any, function_name: str, qualifier: str | None, settings: Mapping[str, Any], *, whole: bool = True
) -> Settings:
    """Set a config and return it. Raises AWS's errors.

    If ``whole``, settings that are not named are deleted (PutFunctionEventInvokeConfig); otherwise they stay
    (UpdateFunctionEventInvokeConfig).
    """
    latest, qualifier = _latest_of(backend, function_name, qualifier)
    configs = _configs_of(latest)
    given = {key: settings[key] for key in _FIELDS if settings.get(key) is not None}
    if not given:
        raise InvalidParameterValueException("You must specify at least one of error handling or destination setting.")
    _check_settings(given, latest)
    arn = f"{latest.function_arn}:{qualifier}"
    if not whole and qualifier not in configs:
        raise UnknownEventConfig(arn)
    destinations = {"OnSuccess": {}, "OnFailure": {}, **(given.get("DestinationConfig") or {})}
    kept = {} if whole else configs[qualifier]
    if "DestinationConfig" in given or whole:
        given["DestinationConfig"] = destinations
    configs[qualifier] = {**kept, **given, "FunctionArn": arn, "LastModified": time.time()}
    return configs[qualifier]


def delete_event_settings(backend: Any, function_name: str, qualifier: str | None) -> None:
    """Delete a config. Raises AWS's error if there is none."""
    latest, qualifier = _latest_of(backend, function_name, qualifier)
    if _configs_of(latest).pop(qualifier, None) is None:
        raise UnknownEventConfig(f"{latest.function_arn}:{qualifier}")


def forget_event_settings(latest: Any, qualifier: str) -> None:
    """Delete the config of a version or an alias that is deleted; ``latest`` is moto's function."""
    _configs_of(latest).pop(qualifier, None)


_FIELDS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
_MINIMUMS = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}


def _check_settings(given: Settings, latest: Any) -> None:
    for member, minimum in _MINIMUMS.items():
        if member in given and int(given[member]) < minimum:
            name = member[0].lower() + member[1:]
            raise LambdaClientError(
                "ValidationException",
                f"1 validation error detected: Value '{given[member]}' at '{name}' failed to satisfy constraint: "
                f"Member must have value greater than or equal to {minimum}",
            )
    EventInvokeConfig(latest.function_arn, "", dict(given))  # moto's own checks
    for destination in (given.get("DestinationConfig") or {}).values():
        if (destination or {}).get("Destination", "").split(":")[:7] == latest.function_arn.split(":"):
            raise InvalidParameterValueException("You can't specify the function as a destination for itself.")


def _latest_of(backend: Any, function_name: str, qualifier: str | None) -> tuple[Any, str]:
    """moto's function, and the qualifier to use. Raises AWS's error if either does not exist."""
    name, _, own = read_function_name(function_name)
    qualifier = own or qualifier or LATEST
    try:
        backend.get_function(name, qualifier)
    except LambdaClientError:
        raise NoSuchFunction from None
    return backend.get_function(name), qualifier


def _configs_of(latest: Any) -> dict[str, Settings]:
    configs: dict[str, Settings] = vars(latest).setdefault("event_settings", {})
    return configs


def _request_parameters(response: Any, steps: int = 2) -> tuple[Any, str, str | None]:
    name = unquote(response.path.rstrip("/").split("/")[-steps])
    return response.backend, name, response.querystring.get("Qualifier", [None])[0]


def _answer_put(self: Any) -> str:
    return json.dumps(put_event_settings(*_request_parameters(self), self.json_body))


def _answer_update(self: Any) -> str:
    return json.dumps(put_event_settings(*_request_parameters(self), self.json_body, whole=False))


def _answer_get(self: Any) -> str:
    backend, name, qualifier = _request_parameters(self)
    found = event_settings(backend, name, qualifier)
    if found is None:
        latest, qualifier = _latest_of(backend, name, qualifier)
        raise UnknownEventConfig(f"{latest.function_arn}:{qualifier}")
    return json.dumps(found)


def _answer_delete(self: Any) -> tuple[int, dict[str, int], str]:
    delete_event_settings(*_request_parameters(self))
    return 204, {"status": 204}, ""


def _answer_list(self: Any) -> str:
    backend, name, _ = _request_parameters(self, 3)
    latest, _ = _latest_of(backend, name, None)
    return json.dumps({"FunctionEventInvokeConfigs": list(_configs_of(latest).values())})
