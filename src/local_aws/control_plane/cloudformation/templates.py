"""Parses CloudFormation templates, and rejects those that CloudFormation rejects before it starts."""

import functools
import json
from typing import Any, cast

import yaml
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError

from local_aws.control_plane.cloudformation.dependencies import (
    Circular,
    dependencies,
    in_dependency_order,
    references,
)

__all__ = ["check_template", "parse_template"]

PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in (
        "AccountId",
        "NotificationARNs",
        "NoValue",
        "Partition",
        "Region",
        "StackId",
        "StackName",
        "URLSuffix",
    )
)


def parse_template(template: str) -> dict[str, Any]:
    """Parse a template in JSON or YAML. Raises moto's ValidationError.

    moto 5.2.5 adds its constructor for ``!Ref`` and the like to yaml's own loader for the whole process, and answers
    500 if the text is neither. JSON is tried first: osls packages it, and it is fifty times faster.
    """
    try:
        parsed = json.loads(template)
    except ValueError:
        try:
            parsed = yaml.load(template, Loader=_template_loader())
        except yaml.YAMLError as error:
            raise ValidationError(message=f"Template format error: YAML not well-formed. {error}") from None
    if not isinstance(parsed, dict):
        raise ValidationError(message="Template format error: unsupported structure.")
    return cast(dict[str, Any], _with_listed_attributes(parsed))


def _with_listed_attributes(value: Any) -> Any:
    """Change each ``Fn::GetAtt: Name.Attribute`` to a list, the only form that moto 5.2.5 reads."""
    if isinstance(value, list):
        return [_with_listed_attributes(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: inner.split(".", 1) if key == "Fn::GetAtt" and isinstance(inner, str) else _with_listed_attributes(inner)
        for key, inner in value.items()
    }


@functools.cache
def _template_loader() -> Any:
    class Loader(yaml.SafeLoader):
        """Reads YAML as CloudFormation does: with short forms of functions, and dates as text."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct(loader: Any, suffix: str, node: Any) -> Any:
        value: Any
        if isinstance(node, yaml.ScalarNode):
            value = loader.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = loader.construct_sequence(node, deep=True)
        else:
            value = loader.construct_mapping(node, deep=True)
        return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}

    Loader.add_multi_constructor("!", construct)
    return Loader


def check_template(template: Any) -> None:
    """Raise moto's ValidationError if CloudFormation would reject the template before it starts."""
    if not isinstance(template, dict):
        raise ValidationError(message="Template format error: unsupported structure.")
    resources = template.get("Resources")
    if not isinstance(resources, dict) or not resources:
        raise ValidationError(message="Template format error: At least one Resources member must be defined.")
    for name, resource in resources.items():
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            raise ValidationError(
                message=f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
            )
    known = {*parsing.get_model_map(), *parsing.NULL_MODELS}
    unknown = sorted({each["Type"] for each in resources.values()} - known)
    unknown = [name for name in unknown if not name.startswith("Custom::")]
    if unknown:
        raise ValidationError(
            message=f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]. "
            "AWS itself may know them; the embedded AWS does not."
        )
    named = {*resources, *template.get("Parameters", {}), *PSEUDO_PARAMETERS}
    outputs = template.get("Outputs") or {}
    for block, referred in (
        ("Resources", {name for each in resources.values() for name in dependencies(each)}),
        ("Outputs", set(references(outputs))),
    ):
        unresolved = sorted(referred - named)
        if unresolved:
            raise ValidationError(
                message=f"Template format error: Unresolved resource dependencies [{', '.join(unresolved)}] "
                f"in the {block} block of the template"
            )
    for block, parts in (("Resources", resources), ("Outputs", outputs)):
        conditions = {each["Condition"] for each in parts.values() if isinstance(each, dict) and "Condition" in each}
        for condition in sorted(conditions - {*template.get("Conditions", {})}):
            raise ValidationError(
                message=f"Template format error: Unresolved condition dependency {condition} "
                f"in the {block} block of the template"
            )
    try:
        in_dependency_order(resources)
    except Circular as error:
        raise ValidationError(message=str(error)) from None
