"""``AWS::Lambda::LayerVersion`` and its ``Permission``, the layers of a function, and the size limit of packages.

Seen in moto 5.2.5: a layer version created by a stack ignores LayerName and CompatibleArchitectures, its ``Ref`` is not
the ARN, and it stays when the stack is deleted; there is no type for its permission; a function may have any number of
layers of any size, even of other accounts and two versions of one layer, and loses a layer version that is deleted
later; any bytes are accepted as a package.
"""

import io
import json
import re
import zipfile
from collections.abc import Sequence
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException, ValidationException
from moto.awslambda.models import LambdaFunction, LayerVersion, lambda_backends
from moto.core.common_models import CloudFormationModel

from local_aws.control_plane.cloudformation.types.base import Properties, Resource, patch_resource
from local_aws.patching import add, patch

__all__ = ["REPLACED_BY", "LayerVersionPermission", "apply_patches", "check_package", "check_total"]

REPLACED_BY = {
    "AWS::Lambda::LayerVersion": frozenset({"*"}),
    "AWS::Lambda::LayerVersionPermission": frozenset({"*"}),
}

MAX_LAYERS = 5
MAX_UNZIPPED_BYTES = 250 * 1024 * 1024

_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)"
    r"|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)"
)
_CONSTRAINT = (
    "Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must have length "
    f"greater than or equal to 1, Member must satisfy regular expression pattern: {_PATTERN}, Member must not be null]"
)
_COPIED = ("CompatibleArchitectures", "CompatibleRuntimes", "Content", "Description", "LicenseInfo")


def apply_patches() -> None:
    """Patch layer versions, and the layers of a function."""
    patch_resource(LayerVersion, create=_create)
    patch_resource(LayerVersionPermission, create=_create_permission)
    patch(LayerVersion, "cloudformation_name_type", staticmethod(lambda: "LayerName"))
    add(LayerVersion, "physical_resource_id", property(lambda self: self.arn))
    patch(LayerVersion, "has_cfn_attr", classmethod(lambda cls, attr: attr == "LayerVersionArn"))
    add(LayerVersion, "get_cfn_attribute", lambda self, attribute_name: self.arn)
    add(LayerVersion, "delete", _delete)
    patch(LambdaFunction, "_get_layers_data", _layers_data)
    patch(LayerVersion, "__init__", _init)


# Packages


def check_package(package: bytes) -> None:
    """Raise InvalidParameterValueException if the package is not a zip, or is larger than 250 MB unzipped."""
    if package and not zipfile.is_zipfile(io.BytesIO(package)):
        raise InvalidParameterValueException(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        )
    if _unzipped(package) > MAX_UNZIPPED_BYTES:
        raise InvalidParameterValueException(f"Unzipped size must be smaller than {MAX_UNZIPPED_BYTES} bytes")


def check_total(function: Any) -> None:
    """Raise InvalidParameterValueException if code and layers together are larger than 250 MB unzipped."""
    packages = [function.code_bytes, *(version.code_bytes for version in function.layer_versions)]
    size = sum(map(_unzipped, packages))
    if size > MAX_UNZIPPED_BYTES:
        raise InvalidParameterValueException(
            f"Function code combined with layers exceeds the maximum allowed size of {MAX_UNZIPPED_BYTES} bytes. "
            f"The actual size is {size} bytes."
        )


def _unzipped(package: bytes) -> int:
    if not package:  # moto has no bytes for a key that does not exist
        return 0
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return sum(entry.file_size for entry in archive.infolist())


# AWS::Lambda::LayerVersion


def _init(self: Any, spec: dict[str, Any], account_id: str, region: str) -> None:
    self._init_of_moto(spec, account_id, region)
    check_package(self.code_bytes)


def _create(name: str, properties: Properties, account_id: str, region: str, logical_id: str) -> Any:
    spec = {key: properties[key] for key in _COPIED if key in properties}
    return lambda_backends[account_id][region].publish_layer_version({**spec, "LayerName": name})


def _delete(self: Any, account_id: str, region: str) -> None:
    lambda_backends[account_id][region].delete_layer_version(self.name, str(self.version))


class LayerVersionPermission(Resource, CloudFormationModel):  # type: ignore[misc]
    """A permission to use a layer version: a statement in its policy, as AddLayerVersionPermission writes it."""

    attributes = ("Id",)

    def __init__(self, layer_version: Any, statement_id: str) -> None:
        self.layer_version = layer_version
        self.physical_resource_id = f"{layer_version.arn}#{statement_id}"

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Lambda::LayerVersionPermission"

    def delete(self, account_id: str, region: str) -> None:
        self.layer_version.policy.del_statement(self.physical_resource_id.partition("#")[2])


def _create_permission(name: str, properties: Properties, account_id: str, region: str, logical_id: str) -> Any:
    arn = properties["LayerVersionArn"]
    version = lambda_backends[account_id][region].layers_versions_by_arn(arn)
    if version is None:
        raise InvalidParameterValueException(f"Layer version {arn} does not exist.")
    statement = {key: properties[key] for key in ("Action", "OrganizationId", "Principal") if key in properties}
    version.policy.add_statement(json.dumps({**statement, "StatementId": name}))
    return LayerVersionPermission(version, name)


# The layers of a function, in CreateFunction and UpdateFunctionConfiguration


def _layers_data(self: Any, layers_versions_arns: list[str]) -> list[dict[str, Any]]:
    """Set a function's layers, and return them as its configuration has them.

    The function keeps these versions even if they are deleted later.
    """
    versions = _versions(self, layers_versions_arns)
    if sum(_unzipped(version.code_bytes) for version in versions) > MAX_UNZIPPED_BYTES:
        raise InvalidParameterValueException(
            f"Layers consume more than the available size of {MAX_UNZIPPED_BYTES} bytes"
        )
    self.layer_versions = versions
    return [{"Arn": version.arn, "CodeSize": version.code_size} for version in versions]


def _versions(function: Any, arns: Sequence[str]) -> list[Any]:
    """The layer versions with those ARNs. Raises AWS's error if the function cannot have them."""
    if any(not re.fullmatch(_PATTERN, arn) for arn in arns):
        raise ValidationException(f"[{', '.join(arns)}]", "layers", _CONSTRAINT)
    if len(arns) > MAX_LAYERS:
        raise InvalidParameterValueException(f"Cannot reference more than {MAX_LAYERS} layers.")
    versions: dict[str, Any] = {}
    for arn in arns:
        layer = arn.rpartition(":")[0]
        if layer in versions:
            raise InvalidParameterValueException(
                "Two different versions of the same layer are not allowed to be referenced in the same function. "
                f"{versions[layer].arn} and {arn} are versions of the same layer."
            )
        versions[layer] = _version(function, arn)
    return list(versions.values())


def _version(function: Any, arn: str) -> Any:
    region, account = arn.split(":")[3:5]
    if region and region != function.region:
        raise InvalidParameterValueException(
            f"Layers are not in the same region as the function. Layers are expected to be in region {function.region}."
        )
    if account != function.account_id:  # on AWS its owner can share it
        raise InvalidParameterValueException(
            f"Layer version {arn} does not exist here: the embedded AWS has no account but {function.account_id}. "
            "Publish the layer in it, with publish-layer-version or in a template."
        )
    already_used = next((each for each in getattr(function, "layer_versions", []) if each.arn == arn), None)
    found = already_used or lambda_backends[account][region].layers_versions_by_arn(arn)
    if found is None:
        raise InvalidParameterValueException(f"Layer version {arn} does not exist.")
    return found
