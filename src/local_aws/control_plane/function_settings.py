"""What Lambda keeps beside a function's code: its concurrency, its versions and how events are treated.

Seen in moto 5.2.5: a second PutFunctionEventInvokeConfig changes nothing that is read, has no qualifier, and an update
forgets what it does not name; version numbers are given again, and the first version is published twice; a version can
go although an alias needs it; there is no GetAccountSettings, and no limit on what is reserved; GetFunction does not
tell a reservation of nothing from none.
"""

import copy
import json
import time
from collections.abc import Mapping
from typing import Any

from moto.awslambda import urls
from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError, UnknownEventConfig
from moto.awslambda.models import EventInvokeConfig, LambdaBackend, LambdaFunction, LambdaStorage, lambda_backends
from moto.awslambda.responses import LambdaResponse

__all__ = ["check_reserved", "concurrency", "delete_event_settings", "event_settings", "install", "put_event_settings"]

LATEST = "$LATEST"
CONCURRENT_EXECUTIONS = 1000  # an account's quota before anybody asks for more
MINIMUM_UNRESERVED = 100

_limits: dict[str, int] = {}

Settings = dict[str, Any]


class ResourceConflict(LambdaClientError):  # type: ignore[misc]
    """moto has this code for functions only."""

    code = 409

    def __init__(self, message: str) -> None:
        super().__init__("ResourceConflictException", message)


class NoSuchFunction(LambdaClientError):  # type: ignore[misc]
    """AWS's words where a setting is put to a function that is not there."""

    code = 404

    def __init__(self) -> None:
        super().__init__("ResourceNotFoundException", "The function doesn't exist.")


def install(account_id: str, concurrent_executions: int) -> None:
    """Mend moto's classes, and set the account's limit. Safe to call twice."""
    _limits[account_id] = concurrent_executions
    LambdaBackend.put_function_concurrency = _put_concurrency
    LambdaStorage.publish_version = _publish_version
    if not hasattr(LambdaStorage, "_del_function_of_moto"):
        LambdaStorage._del_function_of_moto = LambdaStorage.del_function
        LambdaStorage.del_function = _delete_function
        LambdaFunction._get_code_of_moto = LambdaFunction.get_code
        LambdaFunction.get_code = _get_code
    LambdaResponse.put_function_event_invoke_config = _answer_put
    LambdaResponse.update_function_event_invoke_config = _answer_update
    LambdaResponse.get_function_event_invoke_config = _answer_get
    LambdaResponse.delete_function_event_invoke_config = _answer_delete
    LambdaResponse.list_function_event_invoke_configs = _answer_list
    LambdaResponse.get_account_settings = _answer_account
    urls.url_paths[r"{0}/(?P<api_version>[^/]+)/account-settings/?$"] = LambdaResponse.dispatch


# Concurrency


def concurrency(account_id: str, region: str) -> tuple[int, dict[str, int]]:
    """The account's limit, and what is reserved of it: function name → number. From any thread."""
    functions = list(lambda_backends[account_id][region]._lambdas._functions.items())
    reserved = {
        name: int(each["latest"].reserved_concurrency)
        for name, each in functions
        if each["latest"] is not None and each["latest"].reserved_concurrency is not None
    }
    return _limits.get(account_id, CONCURRENT_EXECUTIONS), reserved


def check_reserved(account_id: str, region: str, name: str, wanted: int) -> None:
    """Raises AWS's refusal when a reservation would leave the other functions too little."""
    if wanted < 0:
        raise LambdaClientError(
            "ValidationException",
            f"1 validation error detected: Value '{wanted}' at 'reservedConcurrentExecutions' failed to satisfy "
            "constraint: Member must have value greater than or equal to 0",
        )
    limit, reserved = concurrency(account_id, region)
    minimum = min(MINIMUM_UNRESERVED, limit)
    left = limit - wanted - sum(count for other, count in reserved.items() if other != name)
    if left < minimum:
        raise InvalidParameterValueException(
            "Specified ReservedConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{minimum}]."
        )


def _put_concurrency(self: Any, function_name: str, reserved_concurrency: int) -> int:
    function = self.get_function(function_name)
    check_reserved(self.account_id, self.region_name, function.function_name, int(reserved_concurrency))
    function.reserved_concurrency = int(reserved_concurrency)
    return int(reserved_concurrency)


def _get_code(self: Any) -> dict[str, Any]:
    answer: dict[str, Any] = self._get_code_of_moto()
    if self.reserved_concurrency is not None:
        answer["Concurrency"] = {"ReservedConcurrentExecutions": int(self.reserved_concurrency)}
    return answer


def _answer_account(self: Any) -> str:
    limit, reserved = concurrency(self.current_account, self.region)
    functions = self.backend._lambdas.latest()
    usage = {"TotalCodeSize": sum(each.code_size for each in functions), "FunctionCount": len(functions)}
    limits = {
        "TotalCodeSize": 75 * 1024**3,
        "CodeSizeUnzipped": 250 * 1024**2,
        "CodeSizeZipped": 50 * 1024**2,
        "ConcurrentExecutions": limit,
        "UnreservedConcurrentExecutions": limit - sum(reserved.values()),
    }
    return json.dumps({"AccountLimit": limits, "AccountUsage": usage})


# Versions


def _publish_version(self: Any, name_or_arn: str, description: str = "") -> Any:
    """The last version again, when nothing has changed since."""
    function = self.get_function_by_name_or_arn_forbid_qualifier(name_or_arn)
    versions = self._functions[function.function_name]["versions"]
    if versions and not function.code_or_config_updated:
        return versions[-1]
    function.code_or_config_updated = False
    number = vars(function).get("published", 0) + 1
    function.published = number
    version = copy.copy(function)
    version.code = dict(function.code)
    version.set_version(number)
    if description:
        version.description = description
    versions.append(version)
    self._arns[version.function_arn] = version
    return version


def _delete_function(self: Any, name_or_arn: str, qualifier: str | None = None) -> None:
    own = name_or_arn.rpartition(":function:")[2].partition(":")[2]
    version = own or qualifier
    if version:
        function = self.get_function_by_name_or_arn_with_qualifier(name_or_arn, version)
        if version == LATEST:
            raise InvalidParameterValueException("$LATEST version cannot be deleted without deleting the function.")
        users = [alias.name for alias in self.list_aliases(function.function_name) if version in _versions_of(alias)]
        if users:
            raise ResourceConflict(
                f"Unable to delete version because the following aliases reference it: [{', '.join(users)}]"
            )
        _configs_of(self._get_latest(function.function_name)).pop(version, None)
    self._del_function_of_moto(name_or_arn, qualifier)


def _versions_of(alias: Any) -> set[str]:
    return {alias.function_version, *((alias.routing_config or {}).get("AdditionalVersionWeights") or {})}


# How events are treated


def event_settings(backend: Any, function_name: str, qualifier: str | None) -> Settings | None:
    """What was put for a function under exactly that qualifier, in the API's form; None when nothing was."""
    latest, qualifier = _latest_of(backend, function_name, qualifier)
    return _configs_of(latest).get(qualifier)


def put_event_settings(
    backend: Any, function_name: str, qualifier: str | None, settings: Mapping[str, Any], *, whole: bool = True
) -> Settings:
    """Set them; what is not named is forgotten, or stays as it is when not ``whole``. Raises AWS's refusals."""
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
    """Forget them. Raises AWS's refusal when there are none."""
    latest, qualifier = _latest_of(backend, function_name, qualifier)
    if _configs_of(latest).pop(qualifier, None) is None:
        raise UnknownEventConfig(f"{latest.function_arn}:{qualifier}")


_FIELDS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
_LEAST = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}


def _check_settings(given: Settings, latest: Any) -> None:
    for member, least in _LEAST.items():
        if member in given and int(given[member]) < least:
            name = member[0].lower() + member[1:]
            raise LambdaClientError(
                "ValidationException",
                f"1 validation error detected: Value '{given[member]}' at '{name}' failed to satisfy constraint: "
                f"Member must have value greater than or equal to {least}",
            )
    EventInvokeConfig(latest.function_arn, "", dict(given))  # moto's own checks
    for destination in (given.get("DestinationConfig") or {}).values():
        if (destination or {}).get("Destination", "").split(":")[:7] == latest.function_arn.split(":"):
            raise InvalidParameterValueException("You can't specify the function as a destination for itself.")


def _latest_of(backend: Any, function_name: str, qualifier: str | None) -> tuple[Any, str]:
    """The function itself, and the qualifier that counts. Raises AWS's refusal when either is not there."""
    name, _, own = function_name.rpartition(":function:")[2].partition(":")
    qualifier = own or qualifier or LATEST
    try:
        backend.get_function(name, qualifier)
    except LambdaClientError:
        raise NoSuchFunction from None
    return backend.get_function(name), qualifier


def _configs_of(latest: Any) -> dict[str, Settings]:
    configs: dict[str, Settings] = vars(latest).setdefault("event_settings", {})
    return configs


def _asked(response: Any, steps: int = 2) -> tuple[Any, str, str | None]:
    from urllib.parse import unquote

    name = unquote(response.path.rstrip("/").split("/")[-steps])
    return response.backend, name, response.querystring.get("Qualifier", [None])[0]


def _answer_put(self: Any) -> str:
    return json.dumps(put_event_settings(*_asked(self), self.json_body))


def _answer_update(self: Any) -> str:
    return json.dumps(put_event_settings(*_asked(self), self.json_body, whole=False))


def _answer_get(self: Any) -> str:
    backend, name, qualifier = _asked(self)
    found = event_settings(backend, name, qualifier)
    if found is None:
        latest, qualifier = _latest_of(backend, name, qualifier)
        raise UnknownEventConfig(f"{latest.function_arn}:{qualifier}")
    return json.dumps(found)


def _answer_delete(self: Any) -> tuple[int, dict[str, int], str]:
    delete_event_settings(*_asked(self))
    return 204, {"status": 204}, ""


def _answer_list(self: Any) -> str:
    backend, name, _ = _asked(self, 3)
    latest, _ = _latest_of(backend, name, None)
    return json.dumps({"FunctionEventInvokeConfigs": list(_configs_of(latest).values())})
