"""A function's versions and its reserved concurrency, and the account's limit of concurrent executions.

Seen in moto 5.2.5: version numbers are reused, and the first version is published twice; a version that an alias uses
can be deleted; there is no GetAccountSettings, and no limit of reserved concurrency; GetFunction answers the same for a
reserved concurrency of 0 and for none.
"""

import copy
import json
from typing import Any

from moto.awslambda import urls
from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError
from moto.awslambda.models import LambdaBackend, LambdaFunction, LambdaStorage, lambda_backends
from moto.awslambda.responses import LambdaResponse

from local_aws.control_plane.lambda_api.event_settings import LATEST, forget_event_settings
from local_aws.control_plane.lambda_api.function_names import read_function_name
from local_aws.patching import add, patch

__all__ = ["ResourceConflict", "apply_patches", "check_reserved", "concurrency", "set_limit"]

CONCURRENT_EXECUTIONS = 1000  # the default quota of an account
MINIMUM_UNRESERVED = 100

_limits: dict[str, int] = {}


class ResourceConflict(LambdaClientError):  # type: ignore[misc]
    """AWS's 409 for aliases and versions; moto has it for functions only."""

    code = 409

    def __init__(self, message: str) -> None:
        super().__init__("ResourceConflictException", message)


def apply_patches() -> None:
    """Patch versions and reserved concurrency, and add GetAccountSettings."""
    patch(LambdaBackend, "put_function_concurrency", _put_concurrency)
    patch(LambdaStorage, "publish_version", _publish_version)
    patch(LambdaStorage, "del_function", _delete_function)
    patch(LambdaFunction, "get_code", _get_code)
    add(LambdaResponse, "get_account_settings", _answer_account)
    add(urls.url_paths, r"{0}/(?P<api_version>[^/]+)/account-settings/?$", LambdaResponse.dispatch)


# Concurrency


def set_limit(account_id: str, concurrent_executions: int) -> None:
    """Set the account's limit of concurrent executions."""
    _limits[account_id] = concurrent_executions


def concurrency(account_id: str, region: str) -> tuple[int, dict[str, int]]:
    """The account's limit, and function name → reserved concurrency. May be called from any thread."""
    functions = list(lambda_backends[account_id][region]._lambdas._functions.items())
    reserved = {
        name: int(each["latest"].reserved_concurrency)
        for name, each in functions
        if each["latest"] is not None and each["latest"].reserved_concurrency is not None
    }
    return _limits.get(account_id, CONCURRENT_EXECUTIONS), reserved


def check_reserved(account_id: str, region: str, name: str, requested: int) -> None:
    """Raise AWS's error if reserving ``requested`` would leave too little unreserved concurrency."""
    if requested < 0:
        raise LambdaClientError(
            "ValidationException",
            f"1 validation error detected: Value '{requested}' at 'reservedConcurrentExecutions' failed to satisfy "
            "constraint: Member must have value greater than or equal to 0",
        )
    limit, reserved = concurrency(account_id, region)
    minimum = min(MINIMUM_UNRESERVED, limit)
    unreserved = limit - requested - sum(count for other, count in reserved.items() if other != name)
    if unreserved < minimum:
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
    """Publish a version; return the last one if nothing has changed since."""
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
    version = read_function_name(name_or_arn)[2] or qualifier
    if version:
        function = self.get_function_by_name_or_arn_with_qualifier(name_or_arn, version)
        if version == LATEST:
            raise InvalidParameterValueException("$LATEST version cannot be deleted without deleting the function.")
        users = [alias.name for alias in self.list_aliases(function.function_name) if version in _versions_of(alias)]
        if users:
            raise ResourceConflict(
                f"Unable to delete version because the following aliases reference it: [{', '.join(users)}]"
            )
        forget_event_settings(self._get_latest(function.function_name), version)
    self._del_function_of_moto(name_or_arn, qualifier)


def _versions_of(alias: Any) -> set[str]:
    return {alias.function_version, *((alias.routing_config or {}).get("AdditionalVersionWeights") or {})}
