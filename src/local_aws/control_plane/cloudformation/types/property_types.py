"""Converts a resource's properties to the types of Lambda's API, as CloudFormation does: 587 to "587", or the reverse.

A template may say ``Environment: {Variables: {PORT: 587, DEBUG: true}}``; Lambda gets "587" and "true". The types are
those in botocore's model of the call that creates the resource.

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
"""Resource type → the call of Lambda that has parameters of the same names."""


def typed(resource_type: str, properties: dict[str, Any]) -> dict[str, Any]:
    """The properties, converted to the types of the call's parameters; others stay as they are.

    Raises ValueError, with CloudFormation's text, if a value cannot be converted.
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
        case "map", list():  # tags: a list of Key and Value in a template
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


def _mismatch(path: str, expected: str, value: Any) -> ValueError:
    found = {dict: "JSONObject", list: "JSONArray", float: "Double"}.get(type(value), "String")
    return ValueError(f"Properties validation failed: {path}: expected type: {expected}, found: {found}")
