"""``AWS::Lambda::Function``, ``Permission`` and ``Version``, and a function's configuration.

Seen in moto 5.2.5: functions have no DeadLetterConfig; a function created by a stack loses Architectures, Layers, Tags,
EphemeralStorage, TracingConfig and LoggingConfig; an update keeps settings that the new template no longer has, and
fails if the code is text; a permission has no id and stays after its removal; ``Ref`` of a version is not its ARN;
LastModified never changes; absent members are ``null``; a code object missing in its bucket counts as no code; a role
need not trust Lambda; a permission for an account, a user or a role has no principal.
"""

import base64
import contextlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError
from moto.awslambda.models import LambdaFunction, LambdaStorage, LambdaVersion, Permission, lambda_backends
from moto.awslambda.policy import Policy
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition

from local_aws.control_plane.cloudformation.types.base import Properties, patch_resource
from local_aws.control_plane.cloudformation.types.layers import check_package, check_total
from local_aws.control_plane.iam_store.principals import trusts
from local_aws.control_plane.lambda_api.function_settings import check_reserved
from local_aws.control_plane.lambda_api.function_validation import check_logging, check_variables
from local_aws.patching import add, patch

__all__ = ["REPLACED_BY", "apply_patches"]

REPLACED_BY = {
    "AWS::Lambda::Function": frozenset({"FunctionName", "PackageType"}),
    "AWS::Lambda::Permission": frozenset({"*"}),
    "AWS::Lambda::Version": frozenset({"*"}),
}

_COPIED = (
    "Architectures",
    "DeadLetterConfig",
    "Description",
    "EphemeralStorage",
    "Environment",
    "Handler",
    "KMSKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "PackageType",
    "ReservedConcurrentExecutions",
    "Role",
    "Runtime",
    "Timeout",
    "TracingConfig",
    "VpcConfig",
)


def apply_patches() -> None:
    """Patch moto's functions, permissions and versions."""
    patch_resource(LambdaFunction, create=_create_function, update=_update_function)
    patch_resource(Permission, create=_create_permission)
    patch_resource(LambdaVersion, create=_create_version)
    add(Permission, "delete", _delete_permission)
    add(LambdaVersion, "delete", _delete_version)
    add(LambdaVersion, "get_cfn_attribute", _version_attribute)
    patch(LambdaVersion, "has_cfn_attr", classmethod(lambda cls, attr: attr in ("Version", "FunctionArn")))
    patch(LambdaFunction, "__init__", _init)
    patch(LambdaFunction, "_set_function_code", _set_function_code)
    patch(LambdaFunction, "_invoke_lambda", _invoke_lambda)
    patch(LambdaFunction, "get_configuration", _get_configuration)
    patch(LambdaFunction, "update_configuration", _update_configuration)
    patch(LambdaFunction, "update_function_code", _update_function_code)
    patch(LambdaStorage, "put_function", _put_function)
    patch(Policy, "principal_formatter", _principal)


# A function's configuration, whether the API or a stack created it


def _init(self: Any, account_id: str, spec: dict[str, Any], region: str, version: str | int = 1) -> None:
    self.logging_config = spec.get("LoggingConfig") or {}
    self.dead_letter_config = spec.get("DeadLetterConfig") or {}
    _check_settings(spec)
    self._init_of_moto(account_id, spec, region, version)
    _check_code(self)
    self.last_modified = _now()


def _invoke_lambda(self: Any, event: str | None = None) -> Any:
    """Raise an error: moto would start a Docker container for a stream, queue, subscription or custom resource."""
    raise LambdaClientError(
        "ServiceException",
        f"The embedded AWS does not run {self.function_name} for another service: only WebSocket APIs and Invoke do.",
    )


def _get_configuration(self: Any, on_create: bool = False) -> dict[str, Any]:
    configuration = self._get_configuration_of_moto(on_create)
    logging = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{self.function_name}", **self.logging_config}
    if logging["LogFormat"] == "JSON":
        logging = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", **logging}
    configuration["LoggingConfig"] = logging
    if self.dead_letter_config.get("TargetArn"):  # an empty one removes it
        configuration["DeadLetterConfig"] = dict(self.dead_letter_config)
    return {key: value for key, value in configuration.items() if value is not None and value != []}


def _put_function(self: Any, fn: Any) -> None:
    _check_role(self.account_id, fn.role)
    self._put_function_of_moto(fn)


def _principal(self: Any, obj: Any) -> Any:
    """The ``Principal`` of a statement, from the one that AddPermission was called with."""
    if not isinstance(obj, str) or obj == "*":
        return obj
    if re.fullmatch(r"\d{12}", obj):
        return {"AWS": f"arn:aws:iam::{obj}:root"}
    return {"AWS" if obj.startswith("arn:") else "Service": obj}


def _check_role(account_id: str, role: str) -> None:
    """Raise AWS's error if the role does not trust Lambda; moto rejects a text that is not a role's ARN."""
    if role.startswith(f"arn:aws:iam::{account_id}:role/") and not trusts(account_id, role, "lambda.amazonaws.com"):
        raise InvalidParameterValueException("The role defined for the function cannot be assumed by Lambda.")


def _update_configuration(self: Any, config_updates: dict[str, Any]) -> Any:
    _check_settings(config_updates)
    if "Role" in config_updates:
        _check_role(self.account_id, config_updates["Role"])
    if "Layers" in config_updates:  # first: if they are rejected, nothing changes
        with _all_or_nothing(self):
            self.layers = self._get_layers_data(config_updates["Layers"] or [])
            check_total(self)
        config_updates = {key: value for key, value in config_updates.items() if key != "Layers"}
    if "LoggingConfig" in config_updates:
        self.logging_config = config_updates["LoggingConfig"] or {}
    if "DeadLetterConfig" in config_updates:
        self.dead_letter_config = config_updates["DeadLetterConfig"] or {}
    if "EphemeralStorage" in config_updates:
        self.ephemeral_storage = config_updates["EphemeralStorage"]["Size"]
    if "TracingConfig" in config_updates:
        self.tracing_config = config_updates["TracingConfig"]
    environment = config_updates.get("Environment")
    if environment is not None:
        config_updates = {**config_updates, "Environment": {"Variables": environment.get("Variables") or {}}}
    self.last_modified = _now()
    return self._update_configuration_of_moto(config_updates)


def _check_settings(spec: dict[str, Any]) -> None:
    check_variables((spec.get("Environment") or {}).get("Variables") or {})
    check_logging(spec.get("LoggingConfig") or {})


def _check_code(function: Any) -> None:
    if function.package_type == "Zip":
        check_package(function.code_bytes)
        check_total(function)


def _update_function_code(self: Any, updated_spec: dict[str, Any]) -> Any:
    with _all_or_nothing(self):
        if updated_spec.get("Architectures"):
            self.architectures = updated_spec["Architectures"]
        if not updated_spec.get("DryRun"):
            self.last_modified = _now()
        answer = self._update_function_code_of_moto(updated_spec)
        _check_code(self)
    return answer


@contextlib.contextmanager
def _all_or_nothing(function: Any) -> Iterator[None]:
    """Restore the function if the block raises."""
    before = {**vars(function), "code": dict(function.code)}
    try:
        yield
    except Exception:
        vars(function).update(before)
        raise


def _set_function_code(self: Any, updated_spec: dict[str, Any]) -> None:
    if "S3Key" in updated_spec and "S3Bucket" in updated_spec and not updated_spec.get("DryRun"):
        bucket = s3_backends[self.account_id][get_partition(self.region)].buckets.get(updated_spec["S3Bucket"])
        if bucket is None or updated_spec["S3Key"] not in bucket.keys:
            code, what = ("NoSuchBucket", "bucket") if bucket is None else ("NoSuchKey", "key")
            raise InvalidParameterValueException(
                f"Error occurred while GetObject. S3 Error Code: {code}. "
                f"S3 Error Message: The specified {what} does not exist."
            )
    self._set_function_code_of_moto(updated_spec)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


# AWS::Lambda::Function


def _spec(name: str, properties: Properties) -> dict[str, Any]:
    """The parameters of CreateFunction, from a resource's properties."""
    spec = {key: properties[key] for key in _COPIED if key in properties}
    tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    return {**spec, "FunctionName": name, "Tags": tags, "Code": _code(properties["Code"])}


def _code(code: dict[str, Any]) -> dict[str, Any]:
    """The API's Code. In a template, ZipFile is the text of index.py; in the API, it is a zip in base64."""
    if "ZipFile" not in code:
        return dict(code)
    archive = LambdaFunction._create_zipfile_from_plaintext_code(code["ZipFile"])
    return {"ZipFile": base64.b64encode(archive)}


def _create_function(name: str, properties: Properties, account_id: str, region: str, logical_id: str) -> Any:
    backend = lambda_backends[account_id][region]
    if name in backend._lambdas._functions:
        raise ValueError(f"Function already exist: {name}")
    _check_reserved(name, properties, account_id, region)
    return backend.create_function(_spec(name, properties))


def _update_function(function: Any, properties: Properties, account_id: str, region: str) -> None:
    spec = _spec(function.function_name, properties)
    _check_reserved(function.function_name, properties, account_id, region)
    defaults = {
        "DeadLetterConfig": {},
        "Description": "",
        "Environment": {},
        "EphemeralStorage": {"Size": 512},
        "Layers": [],
        "LoggingConfig": {},
        "MemorySize": 128,
        "Timeout": 3,
        "TracingConfig": {"Mode": "PassThrough"},
        "VpcConfig": None,
    }
    code = {**spec.pop("Code"), "Architectures": properties.get("Architectures", ["x86_64"])}
    function.update_configuration({**defaults, **spec})
    function.update_function_code(code)
    function.tags = spec["Tags"]
    function.reserved_concurrency = spec.get("ReservedConcurrentExecutions")


def _check_reserved(name: str, properties: Properties, account_id: str, region: str) -> None:
    reserved = properties.get("ReservedConcurrentExecutions")
    if reserved is not None:
        check_reserved(account_id, region, name, int(reserved))


# AWS::Lambda::Permission


def _create_permission(name: str, properties: Properties, account_id: str, region: str, logical_id: str) -> Any:
    function = lambda_backends[account_id][region].get_function(properties["FunctionName"])
    fields = {key: value for key, value in properties.items() if key != "FunctionName"}
    function.policy.add_statement(json.dumps({**fields, "StatementId": name}))
    permission = Permission(region)
    permission.function_name = function.function_name
    permission.physical_resource_id = name
    return permission


def _delete_permission(self: Any, account_id: str, region: str) -> None:
    function = lambda_backends[account_id][region]._lambdas._functions.get(self.function_name)
    if function is not None and function["latest"] is not None:
        policy = function["latest"].policy
        policy.statements = [each for each in policy.statements if each["Sid"] != self.physical_resource_id]


# AWS::Lambda::Version


def _create_version(name: str, properties: Properties, account_id: str, region: str, logical_id: str) -> Any:
    backend = lambda_backends[account_id][region]
    function = backend.publish_version(properties["FunctionName"], properties.get("Description", ""))
    version = LambdaVersion({"Version": function.version})
    version.logical_resource_id = logical_id
    version.physical_resource_id = function.function_arn
    return version


def _delete_version(self: Any, account_id: str, region: str) -> None:
    lambda_backends[account_id][region].delete_function(self.physical_resource_id)


def _version_attribute(self: Any, attribute_name: str) -> str:
    from moto.cloudformation.exceptions import UnformattedGetAttTemplateException

    if attribute_name == "Version":
        return str(self.version)
    if attribute_name == "FunctionArn":
        return str(self.physical_resource_id)
    raise UnformattedGetAttTemplateException
