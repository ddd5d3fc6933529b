"""The types of a resource's properties: CloudFormation makes text of a number where text is wanted, and the reverse.

A template may say ``Environment: {Variables: {PORT: 587, DEBUG: true}}``; Lambda is given "587" and "true". Which type
is wanted is known from botocore's model of the call that makes the resource.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-environment.html
"""

import re
from typing import Any

from moto.core.utils import get_service_model

__all__ = ["typed"]

CALLS = {
    "AWS::Lambda::Alias": "CreateAlias",
    "AWS::Lambda::EventInvokeConfig": "PutFunctionEventInvokeConfig",
    "AWS::Lambda::Function": "CreateFunction",
    "AWS::Lambda::LayerVersion": "PublishLayerVersion",
    "AWS::Lambda::LayerVersionPermission": "AddLayerVersionPermission",
    "AWS::Lambda::Permission": "AddPermission",
    "AWS::Lambda::Version": "PublishVersion",
}
"""Resource type → the call of Lambda whose parameters have the names and types of its properties."""


def typed(resource_type: str, properties: dict[str, Any]) -> dict[str, Any]:
    """The properties, each of the type that the service wants; those that its call does not have stay as they are.

    Raises ValueError, in CloudFormation's words, where a value cannot be made of that type.
    """
    if resource_type not in CALLS:
        return properties
    shape = get_service_model("lambda").operation_model(CALLS[resource_type]).input_shape
    converted: dict[str, Any] = _convert(properties, shape, "#")
    return converted


def _convert(value: Any, shape: Any, path: str) -> Any:
    match shape.type_name, value:
        case "structure", dict():
            members = shape.members
            return {
                name: _convert(each, members[name], f"{path}/{name}") if name in members else each
                for name, each in value.items()
            }
        case "map", dict():
            return {name: _convert(each, shape.value, f"{path}/{name}") for name, each in value.items()}
        case "map", list():  # of tags, which have a Key and a Value each
            return [_convert_entry(each, shape.value, f"{path}/{number}") for number, each in enumerate(value)]
        case "list", list():
            return [_convert(each, shape.member, f"{path}/{number}") for number, each in enumerate(value)]
        case "string", dict() | list():
            raise _mismatch(path, "String", value)
        case "string", bool():
            return "true" if value else "false"
        case "string", int() | float():
            return str(value)
        case "integer" | "long", dict() | list() | str() | float():
            if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
                return int(value)
            if isinstance(value, float) and value.is_integer():
                return int(value)
            raise _mismatch(path, "Integer", value)
        case "boolean", "true" | "false":
            return value == "true"
    return value


def _convert_entry(entry: Any, shape: Any, path: str) -> Any:
    if not isinstance(entry, dict):
        return entry
    return {name: _convert(each, shape, f"{path}/{name}") for name, each in entry.items()}


def _mismatch(path: str, wanted: str, value: Any) -> ValueError:
    found = {dict: "JSONObject", list: "JSONArray", float: "Double"}.get(type(value), "String")
    return ValueError(f"Properties validation failed: {path}: expected type: {wanted}, found: {found}")
